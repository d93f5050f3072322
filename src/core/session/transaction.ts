import type { CookieNames } from '../gateway.ts'
import { parseJson } from '../json.ts'
import { limits } from '../limits/table.ts'
import type { ProviderId } from '../provider-id.ts'
import { type AuthorizationWish, decodeWish, encodeWish, keptWish } from './authorization-wish.ts'
import type { ReturnTo } from './return-to.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, sameText, seal } from './seal.ts'
import type { EpochSeconds, SessionKey } from './session.ts'
import {
  type AttemptTime,
  type CookiePair,
  isWithin,
  readTransactionCookieName,
  stateHash,
  stateHashLength,
  transactionCookieName,
} from './transaction-cookie.ts'

/** One sign-in under way, sealed into a short-lived cookie of the browser that began it. */
export interface Transaction extends ProviderId {
  readonly version: 2
  readonly origin: string
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly codeVerifier: string
  readonly returnTo: string
  readonly startedAt: EpochSeconds
  /**
   * The session that the browser had when it began, which ends when this one comes about. A callback that crosses
   * sites need not bring its cookie along.
   */
  readonly replaces: SessionKey | null
  /** For one that begins in its place; null: nothing beyond signing in. */
  readonly wish: AuthorizationWish | null
}

/** What the person wants: where to sign in, and where to go after it. */
export interface SignInWish {
  readonly provider: ProviderId
  readonly origin: string
  /** Null: the browser's storage alone has it. */
  readonly returnTo: ReturnTo | null
  /** Whether the browser's storage has it too, with its fragment; absent: no. */
  readonly isKept?: boolean
  readonly replaces: SessionKey | null
  /** It begins in place of one that came to nothing: see `isSecondAttempt`. */
  readonly isSecond: boolean
  readonly wish: AuthorizationWish
}

/** In place of a return address that no cookie could hold: it waits in the browser's storage, under the state's hash. */
const inStorage = ''

/** Whether the page that was wanted is known to the browser's storage alone. */
export function isInStorage(returnTo: string): boolean {
  return returnTo === inStorage
}

/**
 * Behind the state: whether the browser's storage has the page, and whether it is a second attempt. So both are known
 * where the attempt's cookie is gone, or no cookies are kept at all.
 */
const marks = /\.(s?)(2?)$/

function markOf(isKept: boolean, isSecond: boolean): string {
  return isKept || isSecond ? `.${isKept ? 's' : ''}${isSecond ? '2' : ''}` : ''
}

/** Whether the browser's storage has the page, alone or with the fragment, if the state is one of ours. */
export function isKeptAttempt({ state }: Pick<Transaction, 'state'>): boolean {
  return marks.exec(state)?.[1] === 's'
}

/**
 * Whether an attempt was begun by itself, in place of one before it: it is followed by no third. Its state is sealed
 * with it and comes back as it was, so nobody can make one of the first kind of it.
 */
export function isSecondAttempt({ state }: Pick<Transaction, 'state'>): boolean {
  return marks.exec(state)?.[2] === '2'
}

/**
 * Begins a sign-in: state and nonce of 192 random bits (RFC 6749 10.10 asks for 160), a code verifier of 256. A return
 * address that no cookie could hold is left to the browser's storage.
 */
export function beginTransaction(wish: SignInWish, random: Random, now: EpochSeconds): Transaction {
  const kept = keptWish(wish.wish)
  const returnTo = wish.returnTo !== null && fitsCookie(wish.returnTo, kept) ? wish.returnTo : inStorage
  return {
    version: 2,
    issuer: wish.provider.issuer,
    clientId: wish.provider.clientId,
    origin: wish.origin,
    state:
      random(24).toString('base64url') + markOf(wish.isKept === true || isInStorage(returnTo), wish.isSecond),
    nonce: random(24).toString('base64url'),
    codeVerifier: random(32).toString('base64url'),
    returnTo,
    startedAt: now,
    replaces: wish.replaces,
    wish: kept,
  }
}

/** Whether a page alone is for the browser's storage. */
export function isLong(page: ReturnTo): boolean {
  return !fitsCookie(page, null)
}

function fitsCookie(returnTo: ReturnTo, wish: AuthorizationWish | null): boolean {
  const beside = wish === null ? [] : [encodeWish(wish)]
  return (
    bytesOf(returnTo) + beside.reduce((sum, kept) => sum + bytesOf(kept), 0) <=
    limits.transactionReturnToBytes
  )
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** The transaction's cookie: named by time and state, so that tabs do not fight and the oldest is known by name. */
export function sealTransaction(
  ring: KeyRing,
  transaction: Transaction,
  names: CookieNames,
  random: Random,
): { readonly name: string; readonly value: Sealed } {
  const value = seal(ring, scope(transaction.origin, names), encode(transaction), random)
  return { name: transactionCookieName(transaction, names), value }
}

export type TransactionRead =
  | { readonly ok: true; readonly transaction: Transaction; readonly cookie: string }
  /** Of this browser, origin and state, but too old: it says which page was wanted, and no more. */
  | {
      readonly ok: false
      readonly reason: 'expired'
      readonly transaction: Transaction
      readonly cookie: string
    }
  | {
      readonly ok: false
      readonly reason: 'state-invalid' | 'cookie-missing' | 'cookie-ambiguous' | 'cookie-unreadable'
      /** The cookie to clear, when there is one of this state. */
      readonly cookie: string | null
    }

/**
 * The transaction that a callback belongs to. `state` is what came back on the redirect URI, `cookies` what the browser
 * sent, `origin` whose redirect URI was called. Only a cookie of this browser, origin and state will do, that is not
 * older than an attempt may become. Never throws on what a client sent.
 */
export function readTransaction(
  ring: KeyRing,
  callback: { readonly cookies: Iterable<CookiePair>; readonly state: string; readonly origin: string },
  names: CookieNames,
  time: AttemptTime,
): TransactionRead {
  const { state, origin } = callback
  if (state === '' || state.length > limits.stateCharacters)
    return { ok: false, reason: 'state-invalid', cookie: null }
  const hash = stateHash(state).slice(0, stateHashLength)
  const found = [...callback.cookies].filter(
    ({ name }) => readTransactionCookieName(name, names)?.hash === hash,
  )
  const [cookie, ...others] = found
  if (cookie === undefined) return { ok: false, reason: 'cookie-missing', cookie: null }
  if (others.length > 0) return { ok: false, reason: 'cookie-ambiguous', cookie: cookie.name }
  const transaction = openTransaction(ring, cookie, origin, names)
  if (transaction === null || !sameText(transaction.state, state))
    return { ok: false, reason: 'cookie-unreadable', cookie: cookie.name }
  if (!isWithin(time.timeoutSeconds, transaction.startedAt, time.now)) {
    return { ok: false, reason: 'expired', transaction, cookie: cookie.name }
  }
  return { ok: true, transaction, cookie: cookie.name }
}

/** The attempt of a cookie, however old it is; null for what is none of this very name and origin. */
export function openTransaction(
  ring: KeyRing,
  cookie: CookiePair,
  origin: string,
  names: CookieNames,
): Transaction | null {
  const opened = open(ring, scope(origin, names), cookie.value)
  const transaction = opened.ok ? decode(opened.text) : null
  // Not one that was renamed or moved here.
  const isOfIt = transaction?.origin === origin && transactionCookieName(transaction, names) === cookie.name
  return isOfIt ? transaction : null
}

function scope(origin: string, names: CookieNames): SealScope {
  return { purpose: 'transaction', context: [origin, names.transactionPrefix] }
}

/** An array, not an object: five of these cookies travel with every request. */
function encode(transaction: Transaction): string {
  const { version, issuer, clientId, origin, state, nonce, codeVerifier } = transaction
  const { returnTo, startedAt, replaces, wish } = transaction
  const fixed = [version, issuer, clientId, origin, state, nonce, codeVerifier]
  const more = wish === null ? [] : [encodeWish(wish)]
  return JSON.stringify([...fixed, returnTo, startedAt, replaces, ...more])
}

function decode(text: string): Transaction | null {
  const parts = parseJson(text)
  if (!Array.isArray(parts) || (parts.length !== 10 && parts.length !== 11)) return null
  const [version, issuer, clientId, origin, state, nonce, codeVerifier, ...rest]: unknown[] = parts
  const [returnTo, startedAt, replaces, more] = rest
  if (version !== 2 || typeof origin !== 'string') return null
  if (typeof issuer !== 'string' || typeof clientId !== 'string') return null
  if (typeof state !== 'string' || typeof nonce !== 'string' || typeof codeVerifier !== 'string') return null
  if (typeof returnTo !== 'string') return null
  if (typeof startedAt !== 'number' || !Number.isSafeInteger(startedAt)) return null
  if (replaces !== null && typeof replaces !== 'string') return null
  const wish = parts.length === 11 ? decodeWish(more) : null
  if (wish === null && parts.length === 11) return null
  return {
    version,
    issuer,
    clientId,
    origin,
    state,
    nonce,
    codeVerifier,
    returnTo,
    startedAt,
    replaces,
    wish,
  }
}
