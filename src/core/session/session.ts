import type { ProviderId } from '../provider-id.ts'
import type { Claims } from '../rules/claims.ts'
import { fingerprint, type Random } from './seal.ts'

/** Seconds since 1970, whole. */
export type EpochSeconds = number

/** What remains after a sign-in. The store keeps it under the hash of the id that the cookie carries. */
export interface Session extends ProviderId {
  /** SHA-256 of the id: what the store knows; the id itself is in the cookie alone. */
  readonly key: SessionKey
  /** The origin whose session this is; at any other it is none. */
  readonly origin: string
  /** The provider's `user_id`, with its prefix. */
  readonly user: string
  /** Merged from ID token and userinfo as the provider sent them. */
  readonly claims: Claims
  /** For sign-out at the provider (`id_token_hint`). */
  readonly idToken: string
  /** `sub` of the ID token. */
  readonly subject: string
  /** `sid` of the ID token: which of a person's sessions at the provider (Back-Channel Logout 1.0 2.1). Null: it has none. */
  readonly sid: string | null
  /**
   * `iat` of the sign-in's ID token, by the provider's clock. A token that came later does not change it: else a
   * logout of before that one would not end the session.
   */
  readonly idTokenIssuedAt: EpochSeconds
  /** Scopes that the provider says it granted (RFC 6749 5.1); none where it said nothing. */
  readonly scopes: readonly string[]
  /** What the provider gave to be asked with again; kept only where something needs it. */
  readonly tokens: SessionTokens
  /** When the provider last answered for it: at the sign-in, or as it was asked again. */
  readonly checkedAt: EpochSeconds
  readonly signedInAt: EpochSeconds
  /** Last request, written back rarely: see `touchDue`. */
  readonly lastSeenAt: EpochSeconds
  /** The sign-in that brought it: which page asked, and a hash of its state (a callback that comes twice). */
  readonly signIn: SessionSignIn
  /** From what somebody signed in, for the page of one's own sessions; null: nothing is known. */
  readonly client: SignInClient | null
  /** The marks of revocations that were there as it was saved, by what they are of: those it survives. */
  readonly marks: SeenMarks
}

export interface SessionSignIn {
  readonly stateHash: string
  readonly returnTo: string
  /** Whether the provider was told to ask the person again: of sign-ins for the page of one's own keys. Absent: it was not. */
  readonly isForced?: true
}

/** Tokens beside the ID token. */
export interface SessionTokens {
  readonly access: AccessToken | null
  readonly refresh: string | null
}

export interface AccessToken {
  readonly value: string
  /** By our clock; null: the provider did not say. */
  readonly endsAt: EpochSeconds | null
}

/** None came, or none is kept. */
export const noTokens: SessionTokens = { access: null, refresh: null }

/** In words of ours, never of the browser. */
export interface SignInClient {
  readonly browser: string | null
  readonly system: string | null
  /** `192.0.2.0/24`. */
  readonly network: string | null
}

/** Only a store that may lose what was written last has marks. */
export type SeenMarks = Readonly<Record<string, string>>

/** Hexadecimal, so that its beginning can be typed on a command line: base64url may begin with a hyphen. */
export type SessionKey = string

/** Why there is no session. */
export type NoSession =
  | 'no-session'
  | 'session-ambiguous'
  | 'session-unreadable'
  | 'session-ended'
  | 'session-expired'
  | 'session-idle'
  | 'session-ended-by-provider'
  | 'session-recheck-due'
  | 'session-provider-gone'
  | 'session-lacks-claim'

/** How long a session lasts; an `Origin` fits. */
export interface Lifetimes {
  readonly idleTimeoutSeconds: number
  readonly maxLifetimeSeconds: number
}

/** The two times that a session's life hangs on. */
export type SessionTimes = Pick<Session, 'signedInAt' | 'lastSeenAt'>

/** How far the clocks of instances that share a store may differ. */
export const clockToleranceSeconds = 60

/** A new id: 256 random bits in base64url. It goes into the sealed cookie and nowhere else. */
export function newSessionId(random: Random): string {
  return random(32).toString('base64url')
}

/** What the store knows a session by. Whoever reads the store learns no id, so cannot make a cookie. */
export function sessionKey(id: string): SessionKey {
  return fingerprint(id, 'hex')
}

/** Whether the session lives at `now`. The absolute limit is judged first and nothing extends it. */
export function sessionStatus(
  times: SessionTimes,
  now: EpochSeconds,
  lifetimes: Lifetimes,
): 'live' | 'session-expired' | 'session-idle' {
  // The clock was set back: how old it is cannot be told, so it is too old.
  if (times.signedInAt > now + clockToleranceSeconds) return 'session-expired'
  if (now >= times.signedInAt + lifetimes.maxLifetimeSeconds) return 'session-expired'
  if (now >= times.lastSeenAt + lifetimes.idleTimeoutSeconds) return 'session-idle'
  return 'live'
}

/** Whether the sign-in was before a time that ends all older sessions; null: there is none. */
export function isRevoked(
  { signedInAt }: Pick<SessionTimes, 'signedInAt'>,
  revokedBefore: EpochSeconds | null,
): boolean {
  return revokedBefore !== null && signedInAt < revokedBefore
}

/** When the session ends at the latest, and when it ends if nothing more is asked for; epoch seconds. */
export function sessionTimes(
  times: SessionTimes,
  lifetimes: Lifetimes,
): { readonly expiresAt: EpochSeconds; readonly idleExpiresAt: EpochSeconds } {
  const expiresAt = times.signedInAt + lifetimes.maxLifetimeSeconds
  return { expiresAt, idleExpiresAt: Math.min(expiresAt, times.lastSeenAt + lifetimes.idleTimeoutSeconds) }
}

/**
 * How far `lastSeenAt` may run ahead of the store: a tenth of the idle timeout, or a minute when that is less. The
 * smaller of the two, since a timeout of 30 seconds would otherwise pass between two writes.
 */
export function touchIntervalSeconds(idleTimeoutSeconds: number): number {
  return Math.max(1, Math.min(60, Math.floor(idleTimeoutSeconds / 10)))
}

/**
 * When a session was seen last, as it is seen once more: the later of the two. But what lies further ahead than clocks
 * may differ is from a clock that was wrong, and gives way: else the idle time would last by that clock.
 */
export function lastSeen(known: EpochSeconds, at: EpochSeconds): EpochSeconds {
  return at > known || known > at + clockToleranceSeconds ? at : known
}

/** Whether a request at `now` should be written back: some time after the last one that was, or in place of a wrong one. */
export function touchDue(
  session: Pick<Session, 'lastSeenAt'>,
  now: EpochSeconds,
  idleTimeoutSeconds: number,
): boolean {
  const { lastSeenAt } = session
  const isAhead = lastSeenAt > now && lastSeen(lastSeenAt, now) === now
  return isAhead || now - lastSeenAt >= touchIntervalSeconds(idleTimeoutSeconds)
}

/**
 * When the store may forget the session: never earlier than the gateway would. Later than the idle timeout by the
 * touch interval, as a request that was not written back keeps the session alive that much longer.
 */
export function forgetAt(times: SessionTimes, lifetimes: Lifetimes): EpochSeconds {
  const { expiresAt } = sessionTimes(times, lifetimes)
  const slack = touchIntervalSeconds(lifetimes.idleTimeoutSeconds)
  return Math.min(expiresAt, times.lastSeenAt + lifetimes.idleTimeoutSeconds + slack)
}
