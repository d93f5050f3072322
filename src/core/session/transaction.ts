import type { CookieNames } from '../gateway.ts'
import { parseJson } from '../json.ts'
import { limits } from '../limits/table.ts'
import type { ProviderId } from '../provider-id.ts'
import type { ReturnTo } from './return-to.ts'
import {
  fingerprint,
  type KeyRing,
  open,
  type Random,
  type Sealed,
  type SealScope,
  sameText,
  seal,
} from './seal.ts'
import type { EpochSeconds, SessionKey } from './session.ts'

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
}

/** One cookie of a request, as received. */
export interface CookiePair {
  readonly name: string
  readonly value: string
}

/** How long a browser keeps an attempt beyond its time: only to know which page a new one is for. */
const keptAfterSeconds = 24 * 60 * 60

/** The `Max-Age` of an attempt's cookie. The sealed time decides how long it can be finished. */
export function transactionKeptSeconds(timeoutSeconds: number): number {
  return timeoutSeconds + keptAfterSeconds
}

/** Of a state's hash in the cookie's name: 96 bits. */
const hashLength = 16

/** What the person wants: where to sign in, and where to go after it. */
export interface SignInWish {
  readonly provider: ProviderId
  readonly origin: string
  readonly returnTo: ReturnTo
  readonly replaces: SessionKey | null
  /** It begins in place of one that came to nothing: see `isSecondAttempt`. */
  readonly isSecond: boolean
}

/** In place of a return address that no cookie could hold: it waits in the browser's storage, under the state's hash. */
const inStorage = ''

/** Whether the page that was wanted is known to the browser's storage alone. */
export function isInStorage(returnTo: string): boolean {
  return returnTo === inStorage
}

/** Behind the state of a second attempt, so that it tells a browser apart that keeps no cookies at all. */
const secondMark = '.2'

/**
 * Whether an attempt was begun by itself, in place of one before it: it is followed by no third. Its state is sealed
 * with it and comes back as it was, so nobody can make one of the first kind of it.
 */
export function isSecondAttempt({ state }: Pick<Transaction, 'state'>): boolean {
  return state.endsWith(secondMark)
}

/**
 * Begins a sign-in: state and nonce of 192 random bits (RFC 6749 10.10 asks for 160), a code verifier of 256. A return
 * address that no cookie could hold is left to the browser's storage.
 */
export function beginTransaction(wish: SignInWish, random: Random, now: EpochSeconds): Transaction {
  return {
    version: 2,
    issuer: wish.provider.issuer,
    clientId: wish.provider.clientId,
    origin: wish.origin,
    state: random(24).toString('base64url') + (wish.isSecond ? secondMark : ''),
    nonce: random(24).toString('base64url'),
    codeVerifier: random(32).toString('base64url'),
    returnTo:
      Buffer.byteLength(JSON.stringify(wish.returnTo)) > limits.transactionReturnToBytes
        ? inStorage
        : wish.returnTo,
    startedAt: now,
    replaces: wish.replaces,
  }
}

/**
 * A hash of the state: names its cookie, is kept with the session, and marks the state as used. Never the state itself,
 * which is a credential until the callback.
 */
export function stateHash(state: string): string {
  return fingerprint(state, 'base64url')
}

/** The transaction's cookie: named by time and state, so that tabs do not fight and the oldest is known by name. */
export function sealTransaction(
  ring: KeyRing,
  transaction: Transaction,
  names: CookieNames,
  random: Random,
): { readonly name: string; readonly value: Sealed } {
  const value = seal(ring, scope(transaction.origin, names), encode(transaction), random)
  return { name: cookieName(transaction, names), value }
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

/** How long an attempt may take, and when that is asked. */
export interface AttemptTime {
  readonly timeoutSeconds: number
  readonly now: EpochSeconds
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
  if (state === '' || state.length > 128) return { ok: false, reason: 'state-invalid', cookie: null }
  const hash = stateHash(state).slice(0, hashLength)
  const found = [...callback.cookies].filter(({ name }) => readCookieName(name, names)?.hash === hash)
  const [cookie, ...others] = found
  if (cookie === undefined) return { ok: false, reason: 'cookie-missing', cookie: null }
  if (others.length > 0) return { ok: false, reason: 'cookie-ambiguous', cookie: cookie.name }
  const opened = open(ring, scope(origin, names), cookie.value)
  const transaction = opened.ok ? decode(opened.text) : null
  if (transaction === null || !belongs(transaction, { state, origin, cookie: cookie.name }, names)) {
    return { ok: false, reason: 'cookie-unreadable', cookie: cookie.name }
  }
  if (!isWithin(time.timeoutSeconds, transaction.startedAt, time.now)) {
    return { ok: false, reason: 'expired', transaction, cookie: cookie.name }
  }
  return { ok: true, transaction, cookie: cookie.name }
}

/**
 * Names of transaction cookies to clear so that, with one more of `newcomer`'s size, at most five remain within the
 * bytes that a request may carry: those that are kept no longer and the oldest go. Only names that the gateway itself could have given.
 */
export function transactionsToEvict(
  cookies: Iterable<CookiePair>,
  newcomer: CookiePair,
  names: CookieNames,
  { now, timeoutSeconds }: AttemptTime,
): readonly string[] {
  const sizes = new Map<string, { readonly startedAt: EpochSeconds; readonly bytes: number }>()
  for (const cookie of cookies) {
    const named = readCookieName(cookie.name, names)
    if (named === null || cookie.name === newcomer.name) continue
    const bytes = (sizes.get(cookie.name)?.bytes ?? 0) + size(cookie)
    sizes.set(cookie.name, { startedAt: named.startedAt, bytes })
  }
  const keptSeconds = transactionKeptSeconds(timeoutSeconds)
  const evicted: string[] = []
  let kept = 1
  let bytes = size(newcomer)
  for (const [name, other] of [...sizes].sort(([, a], [, b]) => b.startedAt - a.startedAt)) {
    const stays =
      isWithin(keptSeconds, other.startedAt, now) &&
      kept < limits.transactionCookies &&
      bytes + other.bytes <= limits.transactionCookieBytes
    if (stays) {
      kept += 1
      bytes += other.bytes
    } else evicted.push(name)
  }
  return evicted.slice(-limits.clearedCookies)
}

function scope(origin: string, names: CookieNames): SealScope {
  return { purpose: 'transaction', context: [origin, names.transactionPrefix] }
}

function cookieName(transaction: Transaction, names: CookieNames): string {
  const hash = stateHash(transaction.state).slice(0, hashLength)
  return `${names.transactionPrefix}${transaction.startedAt.toString(36)}-${hash}`
}

/** The time may not be zero-padded: one time, one name. */
const nameForm = /^([1-9a-z][0-9a-z]{0,8})-([A-Za-z0-9_-]{16})$/

function readCookieName(
  name: string,
  names: CookieNames,
): { readonly startedAt: EpochSeconds; readonly hash: string } | null {
  if (!name.startsWith(names.transactionPrefix)) return null
  const [, startedAt, hash] = nameForm.exec(name.slice(names.transactionPrefix.length)) ?? []
  return startedAt === undefined || hash === undefined
    ? null
    : { startedAt: Number.parseInt(startedAt, 36), hash }
}

/** A minute of the future is forgiven: another instance's clock. */
function isWithin(seconds: number, startedAt: EpochSeconds, now: EpochSeconds): boolean {
  return now < startedAt + seconds && startedAt <= now + 60
}

/** Whether what was opened is of this very state, origin and cookie, not one renamed or moved here. */
function belongs(
  transaction: Transaction,
  callback: { readonly state: string; readonly origin: string; readonly cookie: string },
  names: CookieNames,
): boolean {
  const sameState = sameText(transaction.state, callback.state)
  return (
    sameState && transaction.origin === callback.origin && cookieName(transaction, names) === callback.cookie
  )
}

/** `; ` between two cookies and `=` inside one count as well. */
function size(cookie: CookiePair): number {
  return cookie.name.length + cookie.value.length + 3
}

/** An array, not an object: five of these cookies travel with every request. */
function encode(transaction: Transaction): string {
  const { version, issuer, clientId, origin, state, nonce, codeVerifier } = transaction
  const { returnTo, startedAt, replaces } = transaction
  const fixed = [version, issuer, clientId, origin, state, nonce, codeVerifier]
  return JSON.stringify([...fixed, returnTo, startedAt, replaces])
}

function decode(text: string): Transaction | null {
  const parts = parseJson(text)
  if (!Array.isArray(parts) || parts.length !== 10) return null
  const [version, issuer, clientId, origin, state, nonce, codeVerifier, ...wish]: unknown[] = parts
  const [returnTo, startedAt, replaces] = wish
  if (version !== 2 || typeof origin !== 'string') return null
  if (typeof issuer !== 'string' || typeof clientId !== 'string') return null
  if (typeof state !== 'string' || typeof nonce !== 'string' || typeof codeVerifier !== 'string') return null
  if (typeof returnTo !== 'string') return null
  if (typeof startedAt !== 'number' || !Number.isSafeInteger(startedAt)) return null
  if (replaces !== null && typeof replaces !== 'string') return null
  return { version, issuer, clientId, origin, state, nonce, codeVerifier, returnTo, startedAt, replaces }
}
