import type { Awaitable } from './awaitable.ts'
import type { ProviderId } from './provider-id.ts'
import type { EpochSeconds, Session, SessionKey } from './session/session.ts'

/**
 * Where sessions rest. Every method may throw a `StoreFault`, never anything else.
 * A store never sees a session id, only its key.
 */
export interface SessionStore {
  load(key: SessionKey): Awaitable<Session | null>
  /**
   * Replaces a session of the same key. In the same step ends the oldest ones of a person (provider and user id) who
   * would have more than `limits.personSessions`, and returns their keys; those that are `leaving`, which the caller
   * ends, count no more. Throws when the store cannot write: then no sign-in happened, and nothing ended.
   */
  save(
    session: Session,
    expiresAt: EpochSeconds,
    leaving?: readonly SessionKey[],
  ): Awaitable<readonly SessionKey[]>
  /**
   * Writes back `lastSeenAt`, forward alone, but for one that a wrong clock wrote far ahead (`lastSeen` of core/session). A
   * session that is gone stays gone. Failures are the caller's to swallow.
   */
  touch(key: SessionKey, lastSeenAt: EpochSeconds, expiresAt: EpochSeconds): Awaitable<void>
  drop(key: SessionKey): Awaitable<boolean>
  /**
   * Takes the lock of a session for asking its provider again: one process in the whole deployment has it, until its
   * time at the latest. False: another one has it, or the session is gone.
   */
  lock(key: SessionKey, lock: RenewalLock): Awaitable<boolean>
  /** Gives the lock back, if it is still that one. */
  unlock(key: SessionKey, lockId: string): Awaitable<void>
  /**
   * Puts what the provider said anew in place of what it said before: claims, scopes, tokens, ID token and `checkedAt`.
   * In one step, and only while the session is there and its lock is still that one: who comes late with an older
   * refresh token writes nothing, and a session that ended stays so. Everything else of the record stays as it is there. False:
   * nothing was written. Throws when it cannot be kept for certain.
   */
  renew(session: Session, lockId: string): Awaitable<boolean>
  /** Sessions that are in the store, newest first. */
  list(filter: {
    readonly user?: string
    readonly provider?: ProviderId
  }): Awaitable<readonly StoredSession[]>
  /**
   * Drops by key, user, provider or all those that were there when it was called, and returns how many. Many are dropped in
   * pieces, between which others sign in; sessions that begin meanwhile stay.
   */
  revoke(which: Revocation): Awaitable<number>
  /** Removes what expired by `now`, in pieces too, until nothing of it is left; returns how many. */
  purge(now: EpochSeconds): Awaitable<number>
  /** States of sign-ins that came back; `purge` clears those too, and does not count them. */
  readonly states: SpentStateStore
  /** Forms that wait for a sign-in. */
  readonly forms: KeptFormStore
  /** What commands did, left for the log of the gateway. */
  readonly commands: CommandRecordStore
  /** Puts down what serves from now on (core/served-record), and says what was there; null: nothing. */
  readonly replaceServed: (record: string) => Awaitable<string | null>
  /**
   * Ends the sessions of a logout at the provider, at every origin, and leaves a mark: a session that is
   * saved later, with an ID token that was issued not after the logout, counts no more. In the same step spends the `jti`.
   */
  logOut(logout: ProviderLogout): Awaitable<LoggedOut>
  /** Tells of sessions that another process removed; the listener forgets what it cached. */
  onChange(listener: (change: StoreChange) => void): () => void
  /**
   * Until when, by the monotonic clock, what was loaded may be believed as long as `onChange` tells nothing else: the
   * store's last sign of life and a second. Past it every session is asked for.
   */
  freshUntilMs(): number
  /** Whether it can be read and written now; for readiness. */
  check(): Awaitable<void>
  close(): Awaitable<void>
}

/** Where spent states rest: with the sessions, so that all processes on one store know them. */
export interface SpentStateStore {
  /** In one step: true the first time, false until `until`. Bounded: of more, those spent first are forgotten. */
  spend(hash: string, when: { readonly at: EpochSeconds; readonly until: EpochSeconds }): Awaitable<boolean>
  /** Null: not spent, or forgotten. */
  spent(hash: string): Awaitable<SpentState | null>
  /** What a spent state came to; of one that is not spent nothing is kept. */
  keepOutcome(
    hash: string,
    outcome: { readonly sealed: string; readonly until: EpochSeconds },
  ): Awaitable<void>
}

/** `id` is random: the store takes nobody's word that it has the lock but this. */
export interface RenewalLock {
  readonly id: string
  readonly at: EpochSeconds
  readonly until: EpochSeconds
}

/** Where forms wait whose session had ended, until their person has signed in again. What they hold comes sealed. */
export interface KeptFormStore {
  /** Bounded, of one session and in all. False: there is no room, nothing was kept. */
  keep(form: KeptForm): Awaitable<boolean>
  /** Null: none, taken, or over. */
  read(id: string, now: EpochSeconds): Awaitable<string | null>
  /** The same, once: nobody else gets it afterwards. */
  take(id: string, now: EpochSeconds): Awaitable<string | null>
}

export interface KeptForm {
  /** Random bits, or their hash. */
  readonly id: string
  /** Which session's it was. */
  readonly session: SessionKey
  readonly sealed: string
  readonly at: EpochSeconds
  readonly until: EpochSeconds
}

/** Where commands leave records: see core/command-record. Each is taken once, by whichever process comes first. */
export interface CommandRecordStore {
  /** Keeps all in one step. Bounded: of more, those left first are forgotten. */
  leave(records: readonly string[]): Awaitable<void>
  /** Takes the oldest, some at a time, in the order they were left. What was taken is gone. */
  take(): Awaitable<readonly string[]>
}

export interface SpentState {
  readonly at: EpochSeconds
  /** Null: nothing yet. Past its time what is sealed may be gone; the time stays. */
  readonly outcome: { readonly sealed: string; readonly until: EpochSeconds } | null
}

/** What other processes removed. */
export type StoreChange =
  | { readonly kind: 'sessions'; readonly keys: readonly SessionKey[] }
  /** Which ones is not known: any may be gone. */
  | { readonly kind: 'any' }

/** A verified logout token (Back-Channel Logout 1.0 2.4), or the parameters of a front-channel logout. */
export interface ProviderLogout {
  readonly issuer: string
  /** At least one of the two. With both, sessions of the subject that have this `sid` or none. */
  readonly subject: string | null
  readonly sid: string | null
  /** Sessions whose ID token was issued later live; by the provider's clock. */
  readonly issuedBy: EpochSeconds
  /** Which token it is; null: no token. */
  readonly jti: { readonly hash: string; readonly until: EpochSeconds } | null
  readonly at: EpochSeconds
}

export type LoggedOut =
  | { readonly kind: 'ended'; readonly keys: readonly SessionKey[] }
  /** Its `jti` was spent before: nothing was done. */
  | { readonly kind: 'spent' }

export type Revocation =
  | { readonly by: 'key'; readonly key: SessionKey }
  /** Some of which more is known than the store can ask for; at most `limits.removedSessions`. */
  | { readonly by: 'keys'; readonly keys: readonly SessionKey[] }
  /** A person is a user id of one provider; without `provider`, all who are called so. */
  | { readonly by: 'user'; readonly user: string; readonly provider?: ProviderId }
  | { readonly by: 'provider'; readonly provider: ProviderId }
  | { readonly by: 'all' }

export interface StoredSession extends ProviderId {
  readonly key: SessionKey
  readonly origin: string
  readonly user: string
  readonly signedInAt: EpochSeconds
  readonly lastSeenAt: EpochSeconds
  readonly expiresAt: EpochSeconds
}
