import type { Gateway, Origin } from '../core/gateway.ts'
import type { Awaitable, Clock, SessionStore } from '../core/ports.ts'
import { type Principal, toPrincipal } from '../core/principal.ts'
import { findProvider } from '../core/provider-id.ts'
import type { KeyRing, Random } from '../core/session/seal.ts'
import {
  type EpochSeconds,
  forgetAt,
  isRevoked,
  lastSeen,
  type NoSession,
  type Session,
  type SessionKey,
  sessionStatus,
  touchDue,
} from '../core/session/session.ts'
import { memoryBytes } from '../core/session/session-record.ts'
import {
  createRememberedSessions,
  type RememberedSession,
  type RememberedSessions,
} from './remembered-sessions.ts'
import type { Renewals } from './renewals/renewals.ts'
import { type OpenedCookie, openSessionCookie } from './session-cookie.ts'
import { createSessionLoads } from './session-loads.ts'
import { none, type SessionLookup } from './session-lookup.ts'
import { settle } from './settle.ts'

/** What of a configuration a session is judged by. */
export type FinderGateway = Pick<Gateway, 'providers'> & {
  readonly session: Pick<Gateway['session'], 'duringOutageSeconds' | 'revokedBefore'>
}

export interface FinderSetup {
  /** The configuration in force. */
  readonly edition: () => { readonly gateway: FinderGateway; readonly ring: KeyRing }
  readonly store: SessionStore
  readonly clock: Clock
  readonly random: Random
  /** Hears of faults that stop no request: of a touch, or of a look-up that the cache stood in for. */
  readonly report: (thrown: unknown) => void
  /** Told of a session's first request in each second. */
  readonly seen: (key: SessionKey, at: EpochSeconds) => void
  /** Whether somebody asked here to end it: then it is none, whatever the store says or does not say. */
  readonly ending: (key: SessionKey) => boolean
  /** Who asks providers again; absent: nobody does. */
  readonly renewals?: Pick<Renewals, 'dueAt' | 'isDue' | 'recheck'> | undefined
  readonly cacheLimit: number
  readonly cacheBytes: number
}

/** One query for the session of a cookie. */
interface Query {
  readonly cookieValue: string
  readonly origin: Origin
  /** Whether it is a use, with which the idle time begins anew. */
  readonly counts: boolean
  /** Whether the provider is asked first, when that is due. */
  readonly asks: boolean
}

/** As `removals` of an entry: the store is asked before it is believed. */
const unverified = -1
/** A remembered session is held against the store so often, even if nobody says that something was removed. */
const verifyIntervalMs = 60_000
/** A store that does not answer is asked again so often for a session that goes on meanwhile. */
const outageRetryMs = 5_000

/** Finds the session of a cookie on every request, so what was found lately is remembered, within bounds. */
export class SessionFinder {
  readonly #setup: FinderSetup
  readonly #remembered: RememberedSessions
  /** Counts what other processes removed: entries of an older count are verified before they are believed. */
  #removals = 0
  readonly #load: ReturnType<typeof createSessionLoads>
  /** Counts what was ended here: a look-up that was under way meanwhile is not remembered. */
  #endings = 0

  constructor(setup: FinderSetup) {
    this.#setup = setup
    this.#load = createSessionLoads(setup.store)
    this.#remembered = createRememberedSessions(setup.cacheLimit, setup.cacheBytes)
  }

  use(cookieValue: string, origin: Origin): Awaitable<SessionLookup> {
    return this.#find({ cookieValue, origin, counts: true, asks: true })
  }

  /** Looks without counting as a use: the session ends when it would have ended anyway. */
  show(cookieValue: string, origin: Origin): Awaitable<SessionLookup> {
    return this.#find({ cookieValue, origin, counts: false, asks: true })
  }

  /** The same by what is known here: no provider is asked. */
  lookUp(cookieValue: string, origin: Origin): Awaitable<SessionLookup> {
    return this.#find({ cookieValue, origin, counts: false, asks: false })
  }

  #find(query: Query): Awaitable<SessionLookup> {
    const { cookieValue, origin } = query
    const { clock, random, edition } = this.#setup
    const entry = this.#remembered.find(cookieValue)
    if (entry?.origin === origin.origin) {
      if (this.#isBelieved(entry, clock.monotonicMs())) return this.#judge(query, entry)
      const { key, found } = entry
      return this.#ask(query, { key, resealed: found.resealed }, entry)
    }
    const opened = openSessionCookie(edition().ring, cookieValue, origin, random)
    return opened === null ? none('session-unreadable') : this.#ask(query, opened, null)
  }

  /** Another process removed sessions: which ones, the store will tell as they are asked for. */
  doubt(): void {
    this.#removals += 1
  }

  /** What the store said of a session holds for as long as the store would have told of its end. */
  #isBelieved({ removals, verifyAtMs, standIn }: RememberedSession, nowMs: number): boolean {
    if (removals !== this.#removals) return false
    const freshUntilMs = this.#setup.store.freshUntilMs()
    if (nowMs < freshUntilMs && nowMs < verifyAtMs) return true
    // A sign of life since then ends it: whatever was revoked meanwhile is known now.
    return standIn !== null && nowMs < standIn.untilMs && freshUntilMs === standIn.freshUntilMs
  }

  /** Who somebody is hangs on the configuration: with a new one, everything is read anew. */
  clear(): void {
    this.#endings += 1
    this.#remembered.clear()
  }

  forget(key: SessionKey): void {
    this.#endings += 1
    for (const [cookieValue] of this.#remembered.ofSession(key)) this.#remembered.forget(cookieValue)
  }

  /** What a provider said anew rests in the store: who is remembered is so by that, and read again before it is relied on. */
  renewed(session: Session): void {
    this.#endings += 1
    const { providers } = this.#setup.edition().gateway
    for (const [cookieValue, entry] of this.#remembered.ofSession(session.key)) {
      const provider = providers.get(entry.found.principal.provider)
      const principal = provider === undefined ? null : toPrincipal(session, provider)
      if (principal === null) this.#remembered.forget(cookieValue)
      else this.#remembered.keep(cookieValue, this.#renewedEntry(entry, session, principal))
    }
  }

  /** The store has just answered for it: should it fail now, this goes on for a while. */
  #renewedEntry(entry: RememberedSession, session: Session, principal: Principal): RememberedSession {
    const lastSeenAt = lastSeen(session.lastSeenAt, entry.found.session.lastSeenAt)
    const found = { ...entry.found, session: { ...session, lastSeenAt }, principal }
    const verified = { verifiedAtMs: this.#setup.clock.monotonicMs(), removals: unverified, standIn: null }
    return { ...entry, ...verified, bytes: memoryBytes(session), dueAt: this.#dueAt(session), found }
  }

  #dueAt(session: Session): EpochSeconds {
    return this.#setup.renewals?.dueAt(session) ?? Number.POSITIVE_INFINITY
  }

  /** Asks the store. `known` stands in for a while when it does not answer. */
  #ask(query: Query, opened: OpenedCookie, known: RememberedSession | null): Awaitable<SessionLookup> {
    const { cookieValue, origin } = query
    const { ending } = this.#setup
    if (ending(opened.key)) return none('session-ended')
    const [removals, endings] = [this.#removals, this.#endings]
    return settle(
      () => this.#load(opened.key, removals + endings),
      (session) => {
        const gone = session === null || ending(opened.key)
        const entry = gone ? 'session-ended' : this.#admit(session, opened, origin, known)
        if (typeof entry === 'string') {
          this.#remembered.forget(cookieValue)
          return none(entry)
        }
        entry.removals = removals
        if (endings === this.#endings) this.#remembered.keep(cookieValue, entry)
        return this.#judge(query, entry)
      },
      (thrown) => this.#standIn(query, thrown),
    )
  }

  /** A session from the store as today's configuration sees it. */
  #admit(
    session: Session,
    opened: OpenedCookie,
    origin: Origin,
    known: RememberedSession | null,
  ): RememberedSession | NoSession {
    const { gateway } = this.#setup.edition()
    if (session.origin !== origin.origin || isRevoked(session, gateway.session.revokedBefore))
      return 'session-ended'
    const provider = findProvider(gateway.providers, origin.providers, session)
    const principal = provider === null ? null : toPrincipal(session, provider)
    if (principal === null) return 'session-provider-gone'
    const nowMs = this.#setup.clock.monotonicMs()
    const seenHere = known?.found.session.lastSeenAt
    const lastSeenAt = seenHere === undefined ? session.lastSeenAt : lastSeen(session.lastSeenAt, seenHere)
    return {
      key: session.key,
      origin: origin.origin,
      bytes: memoryBytes(session),
      dueAt: this.#dueAt(session),
      found: { kind: 'live', session: { ...session, lastSeenAt }, principal, resealed: opened.resealed },
      writtenAt: session.lastSeenAt,
      verifiedAtMs: nowMs,
      verifyAtMs: nowMs + verifyIntervalMs,
      standIn: null,
      removals: this.#removals,
    }
  }

  /**
   * The store does not answer: who was verified lately goes on; everyone else gets the fault. What is remembered now
   * counts: others may have asked meanwhile and got an answer.
   */
  #standIn(query: Query, thrown: unknown): Awaitable<SessionLookup> {
    const { clock, store, edition, report } = this.#setup
    const nowMs = clock.monotonicMs()
    const known = this.#remembered.find(query.cookieValue)
    const outageMs = edition().gateway.session.duringOutageSeconds * 1000
    if (known?.origin !== query.origin.origin || nowMs >= known.verifiedAtMs + outageMs) throw thrown
    report(thrown)
    known.removals = this.#removals
    known.verifyAtMs = nowMs
    const untilMs = Math.min(nowMs + outageRetryMs, known.verifiedAtMs + outageMs)
    known.standIn = { untilMs, freshUntilMs: store.freshUntilMs() }
    return this.#judge(query, known)
  }

  /** Whether it lives now; then its idle time begins anew, unless the query is no use. */
  #judge(query: Query, entry: RememberedSession): Awaitable<SessionLookup> {
    const { cookieValue, origin, counts, asks } = query
    const { clock, renewals } = this.#setup
    const now = clock.now()
    const { session } = entry.found
    const status = sessionStatus(session, now, origin)
    if (status !== 'live') {
      this.#remembered.forget(cookieValue)
      return none(status)
    }
    if (asks && now >= entry.dueAt && renewals?.isDue(session) === true) return this.#recheck(query, session)
    if (counts && lastSeen(session.lastSeenAt, now) !== session.lastSeenAt) this.#see(entry, origin, now)
    return entry.found
  }

  /** What rests now is judged. While the provider says nothing the session goes on as it is. */
  async #recheck(query: Query, session: Session): Promise<SessionLookup> {
    const outcome = await this.#setup.renewals?.recheck(session)
    return outcome?.kind === 'ended' ? none(outcome.why) : this.#find({ ...query, asks: false })
  }

  /** At most once a second and session. */
  #see(entry: RememberedSession, origin: Origin, now: EpochSeconds): void {
    const { store, report, seen } = this.#setup
    const session = { ...entry.found.session, lastSeenAt: now }
    entry.found = { ...entry.found, session }
    seen(entry.key, now)
    if (!touchDue({ lastSeenAt: entry.writtenAt }, now, origin.idleTimeoutSeconds)) return
    entry.writtenAt = now
    const touch = () => store.touch(entry.key, now, forgetAt(session, origin))
    settle(touch, () => {}, report)
  }
}
