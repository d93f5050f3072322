import { limits } from '../../core/limits/table.ts'

/** How many look-ups of ids that nobody has may cost the store, in all. */
export interface LookupRate {
  /** Milliseconds until one may be asked for that is not remembered; 0: now. */
  waitMs(nowMs: number): number
  /** One was asked for and is not there. */
  missed(nowMs: number): void
}

const withinMs = 1000

/** Looks that found a key count nothing: a gateway that has just started asks for each key once. */
export function createLookupRate(): LookupRate {
  let sinceMs = Number.NEGATIVE_INFINITY
  let misses = 0
  return {
    waitMs: (nowMs) =>
      misses < limits.unknownKeyLookups ? 0 : Math.max(0, Math.ceil(sinceMs + withinMs - nowMs)),
    missed(nowMs) {
      if (nowMs >= sinceMs + withinMs) {
        sinceMs = nowMs
        misses = 0
      }
      misses += 1
    },
  }
}
