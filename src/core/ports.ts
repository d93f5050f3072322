import type { Forwarding, Timeouts, UpstreamSettings } from './gateway.ts'
import type { ClientNetwork } from './limits/network.ts'
import type { Principal } from './principal.ts'
import type { ProviderId } from './provider-id.ts'
import type { EpochSeconds, Session, SessionKey } from './session/session.ts'

/** Types only: what core's callers bring along. */

export type Awaitable<T> = T | Promise<T>

/**
 * Two clocks: what is told to others or kept over a restart goes by the first, which may be set forward and back;
 * pauses, freshness and beats go by the second, so that a wall clock that was wrong once holds nothing up afterwards.
 */
export interface Clock {
  /** Whole seconds since 1970. */
  now(): EpochSeconds
  /** Milliseconds since some moment before the process began; never set, never goes back. */
  monotonicMs(): number
}

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

/** The apps, spoken to. */
export interface Upstreams {
  /**
   * Sends one request, once; a second time only a GET, HEAD or OPTIONS without a body, over a new connection, when the
   * app closed one that it had kept idle (RFC 9110 9.2.2). Where the upstream has all the connections that it may
   * have, the request waits for one. What comes back goes to the sink; never throws.
   */
  request(request: UpstreamRequest, sink: UpstreamSink): UpstreamExchange
  /**
   * Opens a WebSocket by a handshake with a key of our own. Open only after the upstream said 101 and its accept key
   * was checked. Rejects with an `UpstreamFault`, at once when the signal aborts: then nothing of it is left.
   */
  upgrade(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamUpgrade>
  /**
   * The bytes of header lines that a request to an upstream gets here beside its own: those of the signature, the session
   * token among them. The most that is usual, as long as there are no credentials; 0 where nothing is signed.
   */
  headerBytes(upstream: UpstreamSettings): number
  /** Fetches in the background what requests to these would wait for. Never throws. */
  prepare(upstreams: readonly UpstreamSettings[]): void
  /** Those of the next edition: connections of its own, within the same bounds. */
  renew(): Upstreams
  /** Ends every connection of this edition. */
  close(): void
}

/** The head of an answer, as received. */
export interface AnswerHead {
  readonly statusCode: number
  /** Latin-1, a character a byte; null: one that cannot be told. */
  readonly reasonPhrase: string | null
  /** Name, value, name, value … */
  readonly headers: readonly string[]
}

/** Where an answer goes: `head`, `data` any number of times, `end`; or `failed` at any point, and then nothing. */
export interface UpstreamSink {
  head(head: AnswerHead): void
  /** False: no more before `resume`. */
  data(chunk: Buffer): boolean
  end(): void
  /** A fault of ours (core/fault); before `head` it can still become an answer. */
  failed(fault: Error): void
}

/** The hold on a request under way. */
export interface UpstreamExchange {
  /** More data may come. */
  resume(): void
  /** Ends it at once and closes its connection; the sink hears nothing more. */
  cancel(): void
}

export interface UpstreamRequest {
  /** Whose it is, for the words of a fault. */
  readonly app: string
  readonly upstream: UpstreamSettings
  readonly timeouts: Timeouts
  readonly method: string
  /** Path and query as they go on the wire: the base path, then the target's own bytes. */
  readonly path: string
  /** Name, value, name, value … as they go on the wire, Host included. */
  readonly headers: readonly string[]
  /**
   * A stream never ends in an error: whoever gives it cancels the exchange when something is wrong with it. It is
   * never a stream where the upstream takes whole bodies (`takesWholeBodies`).
   */
  readonly body: import('node:stream').Readable | Buffer | null
  /** What is known of who asks, for upstreams that are told so otherwise than by headers. */
  readonly caller: UpstreamCaller
}

/** Of the admission, never of the client's words. */
export interface UpstreamCaller {
  readonly requestId: string
  /** In text; null when nobody who is believed said one. */
  readonly clientAddress: string | null
  /** Whose use is counted together. */
  readonly network: ClientNetwork
  /** Whom the app is told about; null for nobody. */
  readonly principal: Principal | null
  /** Which claims it is told. */
  readonly forwarding: Forwarding
}

/** The upstream's answer to an upgrade: a tunnel, or a refusal with its status. */
export type UpstreamUpgrade =
  | ({ readonly kind: 'open' } & UpstreamSocket)
  /** Answered with anything but 101. Null: a body that is longer than a refusal's may be, or broke off. */
  | { readonly kind: 'refused'; readonly head: AnswerHead; readonly body: Buffer | null }

export interface UpstreamSocket {
  /** What the upstream sent behind its 101 is still in it. */
  readonly socket: import('node:stream').Duplex
  /** Of the 101, name, value, name, value … */
  readonly headers: readonly string[]
}

export type { AccessTokenReading, Identity, Provider, ProviderStatus, Renewal } from './provider-port.ts'
