import { LRUCache } from 'lru-cache'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds, SessionKey } from '../../core/session/session.ts'

/** When sessions that no store keeps were used last, as far as this process saw it. */
export interface SessionUses {
  /** Null: not known here. */
  lastSeenAt(key: SessionKey): EpochSeconds | null
  see(key: SessionKey, at: EpochSeconds): void
  /**
   * Whether an answer may bring the browser its session anew: true once, then false for a while, as others under way
   * would bring the same.
   */
  mayRenew(key: SessionKey, nowMs: number): boolean
  /** Never forgets this one until the returned function is called. */
  hold(key: SessionKey, lastSeenAt: EpochSeconds): () => void
}

interface Use {
  lastSeenAt: EpochSeconds
  /** Of the monotonic clock. */
  renewedAtMs: number
  holders: number
}

/** An answer that was cut off brought nothing: so soon the next one brings it. */
const renewPauseMs = 5000

export function createSessionUses(most: number = limits.usedSessions): SessionUses {
  const lately = new LRUCache<SessionKey, Use>({ max: most })
  const held = new Map<SessionKey, Use>()

  function useOf(key: SessionKey, lastSeenAt: EpochSeconds): Use {
    const known = held.get(key) ?? lately.get(key)
    if (known !== undefined) return known
    const use: Use = { lastSeenAt, renewedAtMs: Number.NEGATIVE_INFINITY, holders: 0 }
    lately.set(key, use)
    return use
  }

  return {
    lastSeenAt: (key) => (held.get(key) ?? lately.get(key))?.lastSeenAt ?? null,
    see(key, at) {
      useOf(key, at).lastSeenAt = at
    },
    mayRenew(key, nowMs) {
      const use = held.get(key) ?? lately.get(key)
      if (use === undefined) return true
      if (nowMs < use.renewedAtMs + renewPauseMs) return false
      use.renewedAtMs = nowMs
      return true
    },
    hold(key, lastSeenAt) {
      const use = useOf(key, lastSeenAt)
      use.holders += 1
      held.set(key, use)
      return () => {
        use.holders -= 1
        if (use.holders === 0) held.delete(key)
      }
    },
  }
}
