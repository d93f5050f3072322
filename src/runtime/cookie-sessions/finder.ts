import { LRUCache } from 'lru-cache'
import type { Origin } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { Clock } from '../../core/ports.ts'
import { type Principal, toPrincipal } from '../../core/principal.ts'
import { findProvider } from '../../core/provider-id.ts'
import { claimsToKeep, keepsAll } from '../../core/session/kept-claims.ts'
import type { Random, Sealed } from '../../core/session/seal.ts'
import {
  type EpochSeconds,
  isRevoked,
  lastSeen,
  type NoSession,
  type Session,
  type SessionKey,
  sessionStatus,
  touchDue,
} from '../../core/session/session.ts'
import {
  openSessionInCookie,
  type SessionInCookie,
  sealSessionInCookie,
} from '../../core/session/session-in-cookie.ts'
import { memoryBytes } from '../../core/session/session-record.ts'
import type { SessionLookup } from '../session-lookup.ts'
import type { CookieSessionEdition } from './edition.ts'
import type { EndedSessions } from './ended.ts'
import type { SessionUses } from './uses.ts'

export interface CookieFinderSetup {
  /** The configuration in force. */
  readonly edition: () => CookieSessionEdition
  /** An origin as it is in force; null: it is gone. */
  readonly originNow: (origin: Origin) => Origin | null
  readonly clock: Clock
  readonly random: Random
  readonly uses: SessionUses
  readonly ended: EndedSessions
  /** The time up to which marks of sign-outs end sessions of an origin; null: none of the values is a mark. */
  readonly endedUntil: (marks: readonly string[], origin: Origin) => EpochSeconds | null
  /** Told of a session's first request in each second. */
  readonly seen: (key: SessionKey, at: EpochSeconds) => void
}

/** What a browser sent. */
export interface CookieQuery {
  /** Its pieces, put together. */
  readonly cookieValue: string
  /** The values of marks of sign-outs. */
  readonly marks: readonly string[]
  readonly origin: Origin
}

type Live = Extract<SessionLookup, { kind: 'live' }>

/** What is remembered of a value that opened. */
interface Entry {
  readonly value: string
  readonly origin: string
  readonly kept: SessionInCookie
  /** Why it counts for nobody under the configuration in force; null: it may. */
  readonly refusal: NoSession | null
  found: Live | null
}

/**
 * Finds the session that a request brought along. All is judged at every request, by us: marks, ends that are known
 * here, what the configuration says, and times. Values that opened lately are remembered, within bounds.
 */
export class CookieSessionFinder {
  readonly #setup: CookieFinderSetup
  readonly #cache: LRUCache<string, Entry>

  constructor(setup: CookieFinderSetup) {
    this.#setup = setup
    this.#cache = new LRUCache({
      max: limits.openedCookies,
      maxSize: limits.openedCookieBytes,
      sizeCalculation: ({ kept, value }) => value.length + memoryBytes(kept.session),
    })
  }

  /** `counts`: it is a use, with which the idle time begins anew. */
  find(query: CookieQuery, counts: boolean): SessionLookup {
    const { cookieValue, origin } = query
    const known = this.#cache.get(tagOf(cookieValue))
    const isOfIt = known?.origin === origin.origin && known.value === cookieValue
    const entry = isOfIt ? known : this.#open(cookieValue, origin)
    return entry === null ? none('session-unreadable') : this.#judge(query, entry, counts)
  }

  /** A new edition of the configuration: what names claims, and who somebody is, is read anew. */
  clear(): void {
    this.#cache.clear()
  }

  #open(cookieValue: string, origin: Origin): Entry | null {
    const { ring } = this.#setup.edition()
    const opened = openSessionInCookie(ring, origin, cookieValue)
    if (opened === null) return null
    const admitted = this.#admit(opened.kept, origin)
    const entry: Entry = {
      value: cookieValue,
      origin: origin.origin,
      kept: opened.kept,
      ...(typeof admitted === 'string'
        ? { refusal: admitted, found: null }
        : { refusal: null, found: this.#foundBy(opened, admitted, origin) }),
    }
    this.#cache.set(tagOf(cookieValue), entry)
    return entry
  }

  /** Who it is under the configuration in force, or why nobody. */
  #admit({ session, kept }: SessionInCookie, origin: Origin): Principal | NoSession {
    const { edition, originNow } = this.#setup
    const { gateway } = edition()
    const now = originNow(origin)
    const provider = now === null ? null : findProvider(gateway.providers, now.providers, session)
    if (now === null || provider === null) return 'session-provider-gone'
    // Before anything is read from the claims: one that was not kept is not one that is missing.
    if (!keepsAll(kept, claimsToKeep({ gateway, origin: now, provider }))) return 'session-lacks-claim'
    return toPrincipal(session, provider) ?? 'session-provider-gone'
  }

  #foundBy(
    opened: { readonly kept: SessionInCookie; readonly stale: boolean },
    principal: Principal,
    origin: Origin,
  ): Live {
    const { session } = opened.kept
    const renewal = () => this.#renewal(opened, origin)
    return { kind: 'live', session, principal, resealed: null, renewal }
  }

  #judge({ marks, origin }: CookieQuery, entry: Entry, counts: boolean): SessionLookup {
    const { clock, uses, ended, endedUntil, edition } = this.#setup
    const { session, order } = entry.kept
    const until = marks.length === 0 ? null : endedUntil(marks, origin)
    if ((until !== null && order <= until) || ended.has(session.key)) return none('session-ended')
    const { revokedBefore } = edition().gateway.session
    if (isRevoked(session, revokedBefore)) return none('session-ended')
    const now = clock.now()
    const lastSeenAt = this.#lastSeenAt(session, uses.lastSeenAt(session.key))
    const status = sessionStatus({ signedInAt: session.signedInAt, lastSeenAt }, now, origin)
    if (status !== 'live') return none(status)
    if (entry.found === null) return none(entry.refusal ?? 'session-ended')
    const seenAt = counts ? lastSeen(lastSeenAt, now) : lastSeenAt
    if (counts && uses.lastSeenAt(session.key) !== seenAt) {
      uses.see(session.key, seenAt)
      this.#setup.seen(session.key, seenAt)
    }
    // At most once a second a new one, so that whoever remembers something of it does.
    if (entry.found.session.lastSeenAt !== seenAt)
      entry.found = { ...entry.found, session: { ...session, lastSeenAt: seenAt } }
    return entry.found
  }

  /** The later of what the cookie and this process know. */
  #lastSeenAt({ lastSeenAt }: Session, seenHere: EpochSeconds | null): EpochSeconds {
    return seenHere === null ? lastSeenAt : lastSeen(lastSeenAt, seenHere)
  }

  /**
   * What the browser's cookie is to become, as an answer goes out: the same session with the last use that is known by
   * then, so that an answer that was long under way takes nothing back. Null: it stays as it is.
   */
  #renewal(
    { kept, stale }: { readonly kept: SessionInCookie; readonly stale: boolean },
    origin: Origin,
  ): Sealed | null {
    const { uses, ended, clock, edition, random } = this.#setup
    const { session } = kept
    if (ended.has(session.key)) return null
    const seenAt = uses.lastSeenAt(session.key) ?? session.lastSeenAt
    if (!stale && !touchDue(session, seenAt, origin.idleTimeoutSeconds)) return null
    if (!uses.mayRenew(session.key, clock.monotonicMs())) return null
    const renewed = { ...kept, session: { ...session, lastSeenAt: seenAt } }
    return sealSessionInCookie(edition().ring, renewed, origin, random)
  }
}

/** The end of a sealed value is its authentication tag. To hash all of seven kilobytes takes longer than to compare them. */
function tagOf(cookieValue: string): string {
  return cookieValue.slice(-22)
}

function none(why: NoSession): SessionLookup {
  return { kind: 'none', why }
}
