import type { EpochSeconds } from '../core/session/session.ts'

/** Remembers for a while which states came back, so that one authorization response is used once (RFC 9700 4.2). */
export interface ConsumedStates {
  /** True the first time, false ever after while it is remembered. */
  consume(stateHash: string, now: EpochSeconds): boolean
}

/**
 * Bounded by age and by count. At the cap the oldest are forgotten first; a replay then still fails at the
 * provider, which takes a code once.
 */
export function createConsumedStates(lifetimeSeconds: number, capacity: number): ConsumedStates {
  const seen = new Map<string, EpochSeconds>()
  const forget = (now: EpochSeconds): void => {
    for (const [hash, at] of seen) {
      if (at + lifetimeSeconds >= now && seen.size < capacity) return
      seen.delete(hash)
    }
  }
  return {
    consume: (stateHash, now) => {
      forget(now)
      if (seen.has(stateHash)) return false
      seen.set(stateHash, now)
      return true
    },
  }
}
