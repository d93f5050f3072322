import type { Awaitable } from '../ports.ts'
import type { EpochSeconds } from '../session/session.ts'
import type { Counter } from './counter.ts'

/** Where counters of `limits` are. Every method may throw a `StoreFault`, never anything else. */
export interface LimitStore {
  /** Counts one request, if there is room. A rate counts those that it refuses too, until its window ends. */
  take(counter: Counter, now: EpochSeconds): Awaitable<Taken>
  /** Takes off one that was counted: another limit of the same request had no room. */
  giveBack(counter: Counter, now: EpochSeconds): Awaitable<void>
  close(): Awaitable<void>
}

export type Taken =
  | { readonly kind: 'taken' }
  /** At least 1. */
  | { readonly kind: 'full'; readonly retryAfterSeconds: number }
