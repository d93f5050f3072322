import type { SessionKey } from '../../core/session/session.ts'

/** For which sessions a provider did not answer lately: it is not asked for them again so soon. */
export interface Pauses {
  /** Whether it may be asked for this one. */
  isOver(key: SessionKey, nowMs: number): boolean
  /**
   * No answer came: the next pause begins, twice as long as the one before, within the bounds. `mostMs` cuts it, though
   * never below the first one.
   */
  begin(key: SessionKey, nowMs: number, mostMs: number): void
  /** An answer came, or nothing is to be asked any more. */
  forget(key: SessionKey): void
}

export interface PauseLimits {
  readonly firstMs: number
  readonly longestMs: number
  /** How many are remembered; of more, the oldest is forgotten. */
  readonly sessions: number
}

interface Pause {
  readonly ms: number
  readonly untilMs: number
}

/** Times are of the monotonic clock. */
export function createPauses({ firstMs, longestMs, sessions }: PauseLimits): Pauses {
  const pauses = new Map<SessionKey, Pause>()
  return {
    isOver: (key, nowMs) => nowMs >= (pauses.get(key)?.untilMs ?? Number.NEGATIVE_INFINITY),
    begin(key, nowMs, mostMs) {
      const ms = Math.min(longestMs, 2 * (pauses.get(key)?.ms ?? firstMs / 2))
      pauses.delete(key)
      const [oldest] = pauses.size >= sessions ? pauses.keys() : []
      if (oldest !== undefined) pauses.delete(oldest)
      pauses.set(key, { ms, untilMs: nowMs + Math.max(firstMs, Math.min(ms, mostMs)) })
    },
    forget: (key) => void pauses.delete(key),
  }
}
