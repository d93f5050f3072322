import type { CookieNames } from '../gateway.ts'
import { limits } from '../limits/table.ts'
import { fingerprint } from './seal.ts'
import type { EpochSeconds } from './session.ts'

/** One cookie of a request, as received. */
export interface CookiePair {
  readonly name: string
  readonly value: string
}

/** How long an attempt may take, and when that is asked. */
export interface AttemptTime {
  readonly timeoutSeconds: number
  readonly now: EpochSeconds
}

/** How long a browser keeps an attempt beyond its time: only to know which page a new one is for. */
const keptAfterSeconds = 24 * 60 * 60

/** The `Max-Age` of an attempt's cookie. The sealed time decides how long it can be finished. */
export function transactionKeptSeconds(timeoutSeconds: number): number {
  return timeoutSeconds + keptAfterSeconds
}

/** Of a state's hash in the cookie's name: 96 bits. */
export const stateHashLength = 16

/**
 * A hash of the state: names its cookie, is kept with the session, and marks the state as used. Never the state itself,
 * which is a credential until the callback.
 */
export function stateHash(state: string): string {
  return fingerprint(state, 'base64url')
}

/** Named by time and state, so that tabs do not fight and the oldest is known by name. */
export function transactionCookieName(
  transaction: { readonly state: string; readonly startedAt: EpochSeconds },
  names: CookieNames,
): string {
  const hash = stateHash(transaction.state).slice(0, stateHashLength)
  return `${names.transactionPrefix}${transaction.startedAt.toString(36)}-${hash}`
}

/** The time may not be zero-padded: one time, one name. */
const nameForm = /^([1-9a-z][0-9a-z]{0,8})-([A-Za-z0-9_-]{16})$/

export function readTransactionCookieName(
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
export function isWithin(seconds: number, startedAt: EpochSeconds, now: EpochSeconds): boolean {
  return now < startedAt + seconds && startedAt <= now + 60
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
    const named = readTransactionCookieName(cookie.name, names)
    if (named === null || cookie.name === newcomer.name) continue
    const bytes = (sizes.get(cookie.name)?.bytes ?? 0) + cookieBytes(cookie)
    sizes.set(cookie.name, { startedAt: named.startedAt, bytes })
  }
  const keptSeconds = transactionKeptSeconds(timeoutSeconds)
  const evicted: string[] = []
  let kept = 1
  let bytes = cookieBytes(newcomer)
  // Of those of one second the later in the header is the younger (RFC 6265bis 5.8.3).
  const youngestFirst = [...sizes].toReversed().sort(([, a], [, b]) => b.startedAt - a.startedAt)
  for (const [name, other] of youngestFirst) {
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

/** What a cookie takes in a request: `; ` between two cookies and `=` inside one count as well. */
export function cookieBytes(cookie: CookiePair): number {
  return cookie.name.length + cookie.value.length + 3
}
