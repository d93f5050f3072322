import { type AnyFault, isFault, StoreFault } from '../../core/fault.ts'
import type { App, Gateway, Location } from '../../core/gateway.ts'
import { type Counter, countersBefore, countersOf } from '../../core/limits/counter.ts'
import type { LimitStore, Taken } from '../../core/limits/limit-store.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { Principal } from '../../core/principal.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** `limits` of locations: how many requests are let in. */
export interface RequestLimits {
  /** By `client_ip`: before anybody is looked up. At once, and no work, where the location has no such limit. */
  drawBefore(location: Location, app: App, network: ClientNetwork, now: EpochSeconds): Awaitable<LimitVerdict>
  /**
   * All others, when the decision is to let in, and by the location that judges alone. `principal`: null where nobody was
   * identified, as at `anyone`; a limit `per: app` counts all the same. A refused request draws from none.
   */
  draw(location: Location, app: App, principal: Principal | null, now: EpochSeconds): Awaitable<LimitVerdict>
  /** Opens what a new configuration needs. Throws a StoreFault when that cannot be used. */
  renew(gateway: Pick<Gateway, 'apps'>): void
  close(): Awaitable<void>
}

export type LimitVerdict =
  | { readonly kind: 'within' }
  | { readonly kind: 'over'; readonly limit: string; readonly retryAfterSeconds: number }
  /** What counts did not answer, and the location says `limits_fail: closed`. */
  | { readonly kind: 'unanswered'; readonly fault: AnyFault }

export interface RequestLimitsSetup {
  /** Called once, when the first configuration with limits comes into force. */
  readonly open: () => LimitStore
  /** Hears of each request that was let in uncounted. */
  readonly uncounted: (fault: AnyFault, app: string) => void
  readonly timing: { after(ms: number, work: () => void): () => void }
}

const within: LimitVerdict = { kind: 'within' }

/** A store that is slow holds up a request for `limits.limitAnswerMs` at most. */
export function createRequestLimits({ open, uncounted, timing }: RequestLimitsSetup): RequestLimits {
  let store: LimitStore | null = null

  function draw(counters: readonly Counter[], { limitsFail }: Location, app: App, now: EpochSeconds) {
    if (counters.length === 0) return within
    const failed = (thrown: unknown): LimitVerdict => {
      if (!isFault(thrown)) throw thrown
      if (limitsFail === 'closed') return { kind: 'unanswered', fault: thrown }
      uncounted(thrown, app.name)
      return within
    }
    return Promise.try(() => {
      store ??= open()
      return inTime(drawFrom(store, counters, now), timing)
    }).catch(failed)
  }

  return {
    drawBefore: (location, app, network, now) =>
      draw(countersBefore(location, app, network), location, app, now),
    draw: (location, app, principal, now) => draw(countersOf(location, app, principal), location, app, now),
    renew: ({ apps }) => {
      if (store === null && hasLimits(apps)) store = open()
    },
    close: () => store?.close(),
  }
}

function hasLimits(apps: readonly App[]): boolean {
  return apps.some(({ fallback, allLocations }) =>
    [fallback, ...allLocations].some(({ limits: { length } }) => length > 0),
  )
}

/** In their order: the first that is full ends it, and what was taken before is given back. */
async function drawFrom(
  store: LimitStore,
  counters: readonly Counter[],
  now: EpochSeconds,
): Promise<LimitVerdict> {
  const taken: Counter[] = []
  for (const counter of counters) {
    const one: Taken = await store.take(counter, now)
    if (one.kind === 'full') {
      await Promise.all(taken.map((drawn) => store.giveBack(drawn, now)))
      return { kind: 'over', limit: counter.limit, retryAfterSeconds: one.retryAfterSeconds }
    }
    taken.push(counter)
  }
  return within
}

/** What was answered while this process was busy is read before it counts as late. */
function inTime(work: Promise<LimitVerdict>, timing: RequestLimitsSetup['timing']): Promise<LimitVerdict> {
  return new Promise((resolve, reject) => {
    const late = (): void => {
      const ms = limits.limitAnswerMs
      const fault = new StoreFault(
        'STORE_UNAVAILABLE',
        `the store of the limits did not answer within ${ms} ms`,
      )
      setImmediate(() => reject(fault))
    }
    const stop = timing.after(limits.limitAnswerMs, late)
    work.finally(stop).then(resolve, reject)
  })
}
