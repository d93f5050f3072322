import { StoreFault } from '../../core/fault.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { KeyStore } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import { settle } from '../settle.ts'
import { createLookupRate } from './lookup-rate.ts'
import { createRememberedKeys, type RememberedKey, type RememberedKeys } from './remembered-keys.ts'

/** Finds a key by its id: what was found lately is remembered, and one look-up an id is under way. */
export interface KeyFinder {
  readonly remembered: Pick<RememberedKeys, 'changed' | 'whoIs'>
  /** What may be believed of an id without a look-up; undefined: it has to be looked up. */
  known(id: string): RememberedKey | 'none' | undefined
  /** What was last known of it, whether or not that may still be believed. */
  lastKnown(id: string): RememberedKey | undefined
  /**
   * `none`: there is no such key. `busy`: too many ids of none were asked for; in so many milliseconds they may be again.
   * Never for one that is known to be of a key, as it stands in a token of ours.
   */
  find(id: string, isOfKey?: boolean): Awaitable<RememberedKey | 'none' | { readonly busyForMs: number }>
}

export interface KeyFinderSetup {
  readonly store: Pick<KeyStore, 'load' | 'freshUntilMs'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** For how long a key that was verified opens while the store does not answer. */
  readonly duringOutageMs: () => number
  /** Hears of faults that stop no request. */
  readonly report: (thrown: unknown) => void
}

/** A remembered key is held against the store so often, even if nobody says that something changed. */
const verifyEveryMs = 60_000
/** A store that does not answer is asked again so often for a key that goes on meanwhile. */
const outageRetryMs = 5000

export function createKeyFinder({ store, clock, duringOutageMs, report }: KeyFinderSetup): KeyFinder {
  const remembered = createRememberedKeys()
  const rate = createLookupRate()
  const flights = new Map<string, { readonly news: number; readonly answer: Promise<ApiKey | null> }>()

  function isBelieved(known: RememberedKey, nowMs: number): boolean {
    const { standIn, verifiedAtMs } = known
    const freshUntilMs = store.freshUntilMs()
    // A sign of life since then ends it: whatever was revoked meanwhile is known now.
    if (standIn !== null && nowMs < standIn.untilMs && freshUntilMs === standIn.freshUntilMs) return true
    return remembered.isCertain(known) && nowMs < freshUntilMs && nowMs < verifiedAtMs + verifyEveryMs
  }

  /** Who comes after news of a change asks anew: nobody gets an answer from before a revocation that is known here. */
  function load(id: string, news: number): Awaitable<ApiKey | null> {
    const flight = flights.get(id)
    if (flight?.news === news) return flight.answer
    if (flights.size >= limits.keyLookups)
      throw new StoreFault('STORE_UNAVAILABLE', `the key store is asked for ${flights.size} keys at once`)
    const answer = store.load(id)
    if (!(answer instanceof Promise)) return answer
    const mine = { news, answer }
    flights.set(id, mine)
    const leave = () => {
      if (flights.get(id) === mine) flights.delete(id)
    }
    answer.then(leave, leave)
    return answer
  }

  /** The store does not answer: a key that was verified lately goes on, until what is known of it may be too old. */
  function standIn(id: string, thrown: unknown): RememberedKey {
    const nowMs = clock.monotonicMs()
    const known = remembered.get(id)
    const untilMs = (known?.verifiedAtMs ?? Number.NEGATIVE_INFINITY) + duringOutageMs()
    if (known === undefined || nowMs >= untilMs) throw thrown
    report(thrown)
    known.standIn = { untilMs: Math.min(nowMs + outageRetryMs, untilMs), freshUntilMs: store.freshUntilMs() }
    return known
  }

  function found(id: string, key: ApiKey | null, news: number): RememberedKey | 'none' {
    const nowMs = clock.monotonicMs()
    if (key !== null) return remembered.remember(key, nowMs, news)
    rate.missed(nowMs)
    remembered.rememberUnknown(id, nowMs, news)
    return 'none'
  }

  function known(id: string): RememberedKey | 'none' | undefined {
    const nowMs = clock.monotonicMs()
    const one = remembered.get(id)
    if (one !== undefined) return isBelieved(one, nowMs) ? one : undefined
    return remembered.isUnknown(id, nowMs) ? 'none' : undefined
  }

  return {
    remembered,
    known,
    lastKnown: (id) => remembered.get(id),
    find(id, isOfKey = false) {
      const believed = known(id)
      if (believed !== undefined) return believed
      const busyForMs = isOfKey ? 0 : rate.waitMs(clock.monotonicMs())
      if (busyForMs > 0 && remembered.get(id) === undefined) return { busyForMs }
      const news = remembered.news()
      return settle(
        () => load(id, news),
        (key) => found(id, key, news),
        (thrown) => standIn(id, thrown),
      )
    },
  }
}
