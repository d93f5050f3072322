import type { SessionKey } from '../../core/session/session.ts'
import type { Timing } from '../timing.ts'

/** Work of which there is one for each session at most, whoever waits for it. */
export interface Flights<T> {
  /**
   * What the work for a session comes to; it is begun where none is under way. `late`: not within the wait, which is
   * counted from its beginning, so that a provider that hangs holds up the first requests alone. `full`: too many are
   * under way, and nothing was begun.
   */
  join(key: SessionKey, begin: () => Promise<T>): Promise<T | 'late' | 'full'>
  /** Resolves when those that are under way now have come to their ends, and never rejects; null: none is. */
  underWay(): Promise<unknown> | null
}

export interface FlightLimits {
  readonly waitMs: number
  readonly underWay: number
}

interface Flight<T> {
  readonly outcome: Promise<T>
  readonly late: Promise<'late'>
}

/** A flight goes on when nobody waits for it any more. */
export function createFlights<T>(timing: Timing, { waitMs, underWay }: FlightLimits): Flights<T> {
  const flights = new Map<SessionKey, Flight<T>>()

  function start(key: SessionKey, begin: () => Promise<T>): Flight<T> {
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const stop = timing.after(waitMs, () => resolve('late'))
    const outcome = Promise.try(begin).finally(() => {
      stop()
      flights.delete(key)
    })
    outcome.catch(() => {}) // Nobody may wait for it by then.
    const flight = { outcome, late }
    flights.set(key, flight)
    return flight
  }

  return {
    join(key, begin) {
      const known = flights.get(key)
      if (known === undefined && flights.size >= underWay) return Promise.resolve('full')
      const { outcome, late } = known ?? start(key, begin)
      return Promise.race([outcome, late])
    },
    underWay: () =>
      flights.size === 0 ? null : Promise.allSettled([...flights.values()].map(({ outcome }) => outcome)),
  }
}
