import type { Clock } from '../core/ports.ts'

/** The clocks of this process: the wall's, and one that is never set. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  monotonicMs: () => performance.now(),
}
