import type { Origin } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type { Awaitable, Clock, LoggedOut, ProviderLogout, SessionStore } from '../core/ports.ts'
import type { Random } from '../core/session/seal.ts'
import type { Session, SessionKey } from '../core/session/session.ts'
import type { SessionOwner } from '../core/session/session-owner.ts'
import type { Renewals } from './renewals/renewals.ts'
import { openSessionCookie } from './session-cookie.ts'
import type { SessionEdition } from './session-edition.ts'
import { createSessionEndings } from './session-endings.ts'
import { SessionFinder } from './session-finder.ts'
import type { SessionLookup } from './session-lookup.ts'
import { type SignIn, type Started, startSession } from './session-start.ts'
import { createSessionWatch } from './session-watch.ts'
import type { SignOutMarks } from './sign-out-marks.ts'
import { createSteadyTime } from './steady-time.ts'

export type { SessionLookup } from './session-lookup.ts'

/** The sessions of one running gateway: found on every request, begun by a sign-in, ended by a sign-out. */
export interface Sessions {
  /**
   * The live session of a cookie at an origin. A warm one is answered without a promise. Throws, or rejects with, a
   * StoreFault when the store does not answer and the session was not verified within `during_outage`. `marks`
   * are those of sign-outs that came along: see `SignOutMarks`.
   */
  use(cookieValue: string, origin: Origin, marks?: readonly string[]): Awaitable<SessionLookup>
  /** The same without counting as a use: the idle time goes on. */
  show(cookieValue: string, origin: Origin, marks?: readonly string[]): Awaitable<SessionLookup>
  /** The same by what is known in the store: a provider that is to be asked again is not. */
  lookUp(cookieValue: string, origin: Origin, marks?: readonly string[]): Awaitable<SessionLookup>
  /**
   * Saves a new session under a new id, then ends the one that this browser had, before and when it began to sign in.
   * Rejects with a StoreFault when either fails, with a LoginFault when the session is too large: then nobody is signed
   * in by it.
   */
  start(signIn: SignIn): Promise<Started>
  /** The key of the session that a cookie stands for, though it may have ended or count no more; null for no cookie of ours. */
  keyOf(cookieValue: string, origin: Origin): SessionKey | null
  /** Whose that session is, or was, though the store has forgotten it; null where its cookie does not say. */
  ownerOf(cookieValue: string, origin: Origin): SessionOwner | null
  /**
   * True when it was still there. From the call on it is none in this process, and who listens hears of it. Rejects with
   * a StoreFault when the store cannot remove it: it is asked again until it has.
   */
  end(session: Pick<Session, 'key'>): Promise<boolean>
  /**
   * Ends whom a logout at the provider means, at every origin; who listens hears of it. Rejects with a StoreFault: then
   * nothing was done, or only a part that does no harm when it is asked once more.
   */
  logOut(logout: ProviderLogout): Promise<LoggedOut>
  /**
   * Calls the listener once, within a second after the session ended, whoever ended it; at once when it has ended
   * already. `renewed` is called each time that its provider was asked again and answered: until then that is done in
   * time, as if requests came. Returns how to take the listeners back.
   */
  onEnd(session: Session, origin: Origin, listener: () => void, renewed?: () => void): () => void
  /** Whether somebody asked here to end it: it is none then, though the store should still have it. */
  isEnding(key: SessionKey): boolean
  /** The provider was asked again, and this rests in the store: what is remembered follows, and who listens hears of it. */
  renewed(session: Session): void
  /** It is not in the store any more: what is remembered counts no more, and who listens hears of it. */
  forget(key: SessionKey): void
  /** Null: the store itself knows what has ended. */
  readonly marks: SignOutMarks | null
  /** Tells listeners of what has run out, and lets the store forget it. A timer does this; tests do it themselves. */
  sweep(): Promise<void>
  /** A new edition of the configuration: who somebody is, and which secrets open cookies, is read anew. */
  renew(edition: SessionEdition): void
  /** Stops timers and listening. The store is closed by whoever opened it. */
  close(): void
}

export interface SessionsSetup extends SessionEdition {
  readonly store: SessionStore
  readonly clock: Clock
  readonly random: Random
  /** Hears of faults that stop no request: of a touch, a purge, a look-up that the cache stood in for. */
  readonly report?: (thrown: unknown) => void
  /** Who asks providers again; absent: nobody does. */
  readonly renewals?: Pick<Renewals, 'dueAt' | 'isDue' | 'recheck'>
  /** Told of each edition before it serves: what the store seals with follows. */
  readonly renewed?: (edition: SessionEdition) => void
  /** How many sessions are remembered, and how many bytes of memory they take. */
  readonly cacheLimit?: number
  readonly cacheBytes?: number
}

const sweepMs = 30_000

/** Owns the timers and the cache, not the store. */
export function createSessions(setup: SessionsSetup): Sessions {
  const {
    store,
    clock,
    report = () => {},
    cacheLimit = limits.cachedSessions,
    cacheBytes = limits.cachedSessionBytes,
  } = setup
  const now = () => clock.now()
  let edition: SessionEdition = setup
  const steady = createSteadyTime(clock)
  let purging = false
  let origins = originsOf(setup)
  const endings = createSessionEndings((key) => store.drop(key))
  // One that ends is none, though the store still has it: nobody is told a second time when it lets go.
  const load = (key: SessionKey) => (endings.has(key) ? null : store.load(key))
  const watch = createSessionWatch(load, now, report, setup.renewals)
  const finder = new SessionFinder({
    ...setup,
    edition: () => edition,
    report,
    cacheLimit,
    cacheBytes,
    seen: watch.seen,
    ending: endings.has,
  })
  const leave = store.onChange((change) => {
    switch (change.kind) {
      case 'sessions':
        for (const key of change.keys) forget(key)
        return
      case 'any':
        finder.doubt()
        void watch.recheck()
    }
  })

  const opened = (cookieValue: string, origin: Origin) =>
    openSessionCookie(edition.ring, cookieValue, origin, setup.random)

  function forget(key: SessionKey): void {
    finder.forget(key)
    watch.ended(key)
  }

  function end({ key }: Pick<Session, 'key'>): Promise<boolean> {
    const ended = endings.end(key)
    forget(key)
    return ended
  }

  async function logOut(logout: ProviderLogout): Promise<LoggedOut> {
    const done = await store.logOut(logout)
    if (done.kind === 'ended') for (const key of done.keys) forget(key)
    return done
  }

  async function sweep(): Promise<void> {
    await endings.retry()
    try {
      await watch.tick()
      await purge()
    } catch (thrown) {
      report(thrown)
    }
  }

  /**
   * One at a time: after a busy hour it may take longer than until the next is due. By the steady time, as what is
   * removed is gone, though the clock be set right a minute later.
   */
  async function purge(): Promise<void> {
    if (purging) return
    purging = true
    try {
      await store.purge(steady())
    } finally {
      purging = false
    }
  }

  const timer = setInterval(() => void sweep(), sweepMs).unref()
  return {
    use: (cookieValue, origin) => finder.use(cookieValue, origin),
    show: (cookieValue, origin) => finder.show(cookieValue, origin),
    lookUp: (cookieValue, origin) => finder.lookUp(cookieValue, origin),
    start: (signIn) => startSession({ ...setup, ...edition }, signIn, { end, forget }),
    keyOf: (cookieValue, origin) => opened(cookieValue, origin)?.key ?? null,
    ownerOf: (cookieValue, origin) => opened(cookieValue, origin)?.owner ?? null,
    end,
    logOut,
    // The listener may come from a request of the edition before: the lifetimes are those in force.
    onEnd: (session, origin, ended, renewed = () => {}) =>
      watch.add(session, origins.get(session.origin) ?? origin, { ended, renewed }),
    isEnding: endings.has,
    renewed(session) {
      finder.renewed(session)
      watch.renewed(session)
    },
    forget,
    marks: null,
    sweep,
    renew: (next) => {
      setup.renewed?.(next)
      edition = next
      origins = originsOf(next)
      finder.clear()
      watch.renew((origin) => origins.get(origin) ?? null, next.gateway.session.revokedBefore)
    },
    close() {
      clearInterval(timer)
      leave()
      endings.close()
      watch.close()
    },
  }
}

function originsOf({ gateway }: SessionEdition): ReadonlyMap<string, Origin> {
  return new Map([...gateway.hosts.values()].map((origin) => [origin.origin, origin]))
}
