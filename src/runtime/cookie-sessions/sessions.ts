import type { Origin } from '../../core/gateway.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import type { Random } from '../../core/session/seal.ts'
import { type EpochSeconds, newSessionId, type Session } from '../../core/session/session.ts'
import { openSessionInCookie } from '../../core/session/session-in-cookie.ts'
import type { SignIn, Started } from '../session-start.ts'
import { createSessionWatch } from '../session-watch.ts'
import type { Sessions } from '../sessions.ts'
import { createSteadyTime } from '../steady-time.ts'
import type { CookieSessionEdition } from './edition.ts'
import { createEndedSessions } from './ended.ts'
import { CookieSessionFinder } from './finder.ts'
import { createMarks } from './marks.ts'
import { beginInCookie, orderOf, sealThatFits } from './start.ts'
import { createSessionUses } from './uses.ts'

export interface CookieSessionsSetup extends CookieSessionEdition {
  readonly clock: Clock
  readonly random: Random
  /** Hears of faults that stop no request. */
  readonly report?: (thrown: unknown) => void
  /** Told of each edition before it serves. */
  readonly renewed?: (edition: CookieSessionEdition) => void
  /** Lets states of sign-ins be forgotten that are over. */
  readonly purge: (now: EpochSeconds) => Awaitable<unknown>
}

export interface CookieSessions extends Sessions {
  renew(edition: CookieSessionEdition): void
}

const sweepMs = 30_000

/**
 * Sessions that rest in the browser, sealed: `store: cookie`. This process remembers what it ended and saw, within
 * bounds; another one, and this one after a restart, knows what the browser sends and no more.
 */
export function createCookieSessions(setup: CookieSessionsSetup): CookieSessions {
  const { clock, random, report = () => {} } = setup
  const now = () => clock.now()
  let edition: CookieSessionEdition = setup
  let origins = originsOf(setup)
  const steady = createSteadyTime(clock)
  const uses = createSessionUses()
  const ended = createEndedSessions()
  const marks = createMarks(() => edition, random)
  const watch = createSessionWatch(
    (key) => (ended.has(key) ? null : { lastSeenAt: uses.lastSeenAt(key) ?? 0 }),
    now,
    report,
  )
  const finder = new CookieSessionFinder({
    ...{ clock, random, uses, ended, edition: () => edition },
    originNow: ({ origin }) => origins.get(origin) ?? null,
    endedUntil: marks.until,
    seen: watch.seen,
  })

  function end({ key }: Pick<Session, 'key'>): Promise<boolean> {
    const longest = Math.max(...[...origins.values()].map(({ maxLifetimeSeconds }) => maxLifetimeSeconds))
    const isNew = ended.add(key, steady() + longest)
    watch.ended(key)
    return Promise.resolve(isNew)
  }

  async function start(signIn: SignIn): Promise<Started> {
    const { origin, previousCookie, transaction, marks: sent = [] } = signIn
    const previous =
      previousCookie === null ? null : openSessionInCookie(edition.ring, origin, previousCookie)
    const known = origins.get(origin.origin) ?? origin
    const begun = beginInCookie(signIn, {
      edition,
      origin: known,
      id: newSessionId(random),
      now: now(),
      order: orderOf({
        now: now(),
        endedUntil: marks.until(sent, origin),
        previous: previous?.kept.order ?? null,
        replacesUnknown: previous === null && transaction.replaces !== null,
      }),
    })
    const { kept, cookieValue } = sealThatFits(edition, begun, known, random)
    for (const key of new Set([previous?.kept.session.key ?? null, transaction.replaces]))
      if (key !== null) await end({ key })
    return { cookieValue, session: kept.session, displaced: [] }
  }

  async function sweep(): Promise<void> {
    try {
      await watch.tick()
      // By the steady time: what is forgotten counts again, though the clock be set right a minute later.
      ended.purge(steady())
      await setup.purge(steady())
    } catch (thrown) {
      report(thrown)
    }
  }

  const timer = setInterval(() => void sweep(), sweepMs).unref()
  return {
    use: (cookieValue, origin, sent = []) => finder.find({ cookieValue, origin, marks: sent }, true),
    show: (cookieValue, origin, sent = []) => finder.find({ cookieValue, origin, marks: sent }, false),
    lookUp: (cookieValue, origin, sent = []) => finder.find({ cookieValue, origin, marks: sent }, false),
    start,
    keyOf: (cookieValue, origin) =>
      openSessionInCookie(edition.ring, origin, cookieValue)?.kept.session.key ?? null,
    // Nothing waits for somebody who signs in again where no store is.
    ownerOf: () => null,
    end,
    // No address by which a provider could ask for it is there: what it would go by is in browsers alone.
    logOut: () => Promise.reject(new Error('no provider ends sessions that rest in browsers')),
    onEnd(session, origin, listener) {
      let release: (() => void) | null = uses.hold(session.key, session.lastSeenAt)
      const letGo = () => {
        release?.()
        release = null
      }
      const ended = () => {
        letGo()
        listener()
      }
      const leave = watch.add(session, origins.get(session.origin) ?? origin, { ended, renewed: () => {} })
      return () => {
        letGo()
        leave()
      }
    },
    isEnding: ended.has,
    // No token is kept, so no provider is asked again.
    renewed: () => {},
    forget: watch.ended,
    marks: { beside: marks.beside, after: (sent, origin) => marks.after(sent, origin, now()) },
    sweep,
    renew(next) {
      setup.renewed?.(next)
      edition = next
      origins = originsOf(next)
      finder.clear()
      marks.clear()
      watch.renew((origin) => origins.get(origin) ?? null, next.gateway.session.revokedBefore)
    },
    close() {
      clearInterval(timer)
      watch.close()
    },
  }
}

function originsOf({ gateway }: CookieSessionEdition): ReadonlyMap<string, Origin> {
  return new Map([...gateway.hosts.values()].map((origin) => [origin.origin, origin]))
}
