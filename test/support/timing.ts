import type { Timing } from '../../src/upstream/timing.ts'

/** A time that stands still until a test moves it on. */
export interface HeldTiming extends Timing {
  pass(ms: number): void
  /** How many wait for a time to come. */
  waiting(): number
}

export function heldTiming(): HeldTiming {
  let now = 0
  const timers = new Set<{ readonly at: number; readonly call: () => void }>()
  return {
    nowMs: () => now,
    now: () => Math.floor(now / 1000),
    after(ms, call) {
      const timer = { at: now + ms, call }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    pass(ms) {
      now += ms
      let called = 0
      for (const timer of timers) {
        if (timer.at > now) continue
        // One that comes back at once, for ever: the test sees what did not happen.
        if (called++ > 1_000) return
        timers.delete(timer)
        timer.call()
      }
    },
    waiting: () => timers.size,
  }
}
