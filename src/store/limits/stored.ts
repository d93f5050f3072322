import type { Taken } from '../../core/limits/limit-store.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** A counter as it is kept: its name is a hash, and tells nobody apart who is not known already. */
export interface StoredCounter {
  readonly name: string
  readonly count: number
  readonly windowSeconds: number
  /** When what is counted from now on is forgotten. */
  readonly until: EpochSeconds
  /** Anybody can make many of them. */
  readonly ofNetworks: boolean
}

/** Counters of one kind in one place. Each call may throw what its library throws, or reject with it. */
export interface Counters {
  take(counter: StoredCounter, now: EpochSeconds): Awaitable<Taken>
  giveBack(counter: StoredCounter, now: EpochSeconds): Awaitable<void>
}

/** RFC 9110 10.2.3: whole seconds; nobody is told to come again at once. */
export function full(retryAfterSeconds: number): Taken {
  return { kind: 'full', retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)) }
}
