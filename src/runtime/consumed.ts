/** Remembers for a while which states came back, so that one authorization response is used once (RFC 9700 4.2). */
export interface ConsumedStates {
  /** True the first time, false ever after while it is remembered. `nowMs` is of the monotonic clock. */
  consume(stateHash: string, nowMs: number): boolean
}

/**
 * Bounded by age and by count. At the cap the oldest are forgotten first; a replay then still fails at the
 * provider, which takes a code once.
 */
export function createConsumedStates(lifetimeSeconds: number, capacity: number): ConsumedStates {
  const seen = new Map<string, number>()
  /** The map has them in the order in which they came. */
  const forget = (over: (at: number) => boolean): void => {
    for (const [hash, at] of seen) {
      if (!over(at)) return
      seen.delete(hash)
    }
  }
  return {
    consume: (stateHash, nowMs) => {
      forget((at) => at + lifetimeSeconds * 1000 < nowMs)
      if (seen.has(stateHash)) return false
      forget(() => seen.size >= capacity)
      seen.set(stateHash, nowMs)
      return true
    },
  }
}
