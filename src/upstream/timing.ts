import type { EpochSeconds } from '../core/session/session.ts'

/** Time as this module needs it: a test brings its own, and nothing waits. */
export interface Timing {
  /** Milliseconds by a clock that only goes forward. */
  nowMs(): number
  /** The wall clock: what certificates end by. */
  now(): EpochSeconds
  /** Calls back once after that time; the returned function takes it back. */
  after(ms: number, call: () => void): () => void
}

export const systemTiming: Timing = {
  nowMs: () => performance.now(),
  now: () => Math.floor(Date.now() / 1000),
  after(ms, call) {
    const timer = setTimeout(call, ms).unref()
    return () => clearTimeout(timer)
  },
}
