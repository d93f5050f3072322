import type { CookieNames } from '../gateway.ts'
import { limits } from '../limits/table.ts'
import { joinPieces, secondPieceName, signedOutName } from './session-pieces.ts'

/**
 * The Cookie header, read as bytes. Names are compared exactly and values taken as they stand: no unquoting, no
 * decoding, no Unicode trimming, because readers that are cleverer than browsers are how cookies get smuggled.
 */

export type CookieReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly value: string }
  /** Sent more than once, be the values equal or not: another site under the same domain may have set one of them. */
  | { readonly kind: 'ambiguous' }

export interface Cookie {
  readonly name: string
  readonly value: string
}

/** The names of a host's own cookies. Cookies ignore ports, so origins that share a host see each other's. */
export interface OwnCookies {
  readonly sessions: readonly string[]
  /** Those whose names begin with a session's: see `session-pieces`. Ours whatever `session.store` says. */
  readonly besides: readonly string[]
  readonly transactionPrefixes: readonly string[]
}

const none: CookieReading = { kind: 'none' }
const ambiguous: CookieReading = { kind: 'ambiguous' }
const unreadable: CookieReading = { kind: 'one', value: '' }
const semicolon = 0x3b
const space = 0x20

/** The value of the cookie with exactly this name. The header is the joined value of all Cookie lines. */
export function sessionCookie(header: string | undefined, name: string): CookieReading {
  if (header === undefined) return none
  let value: string | null = null
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + name.length)) {
    const start = at + name.length
    if (header[start] !== '=' || !beginsPair(header, at)) continue
    if (value !== null) return ambiguous
    const end = header.indexOf(';', start)
    value = header.slice(start + 1, end === -1 ? undefined : end)
  }
  return value === null ? none : { kind: 'one', value }
}

/**
 * The same where the session itself rests in the browser: its pieces, put together. A second one without a first, and
 * pieces that no gateway would have cut so, read as a value that opens nowhere.
 */
export function sessionPieces(header: string | undefined, names: CookieNames): CookieReading {
  const first = sessionCookie(header, names.session)
  const second = sessionCookie(header, secondPieceName(names))
  if (first.kind === 'ambiguous' || second.kind === 'ambiguous') return ambiguous
  if (first.kind === 'none') return second.kind === 'none' ? none : unreadable
  const pieces = { first: first.value, second: second.kind === 'one' ? second.value : null }
  const value = joinPieces(pieces, names)
  return value === null ? unreadable : { kind: 'one', value }
}

/** What all pieces that were sent could be together, for a sign-out; of each name the first few alone. */
export function allSessionPieces(header: string | undefined, names: CookieNames): readonly string[] {
  const firsts = sessionCookies(header, names.session).slice(0, limits.signedOutCookies)
  const seconds = sessionCookies(header, secondPieceName(names)).slice(0, limits.signedOutCookies)
  return firsts.flatMap((first) =>
    [null, ...seconds].flatMap((second) => joinPieces({ first, second }, names) ?? []),
  )
}

/** Every value that was sent under this name, for a sign-out: there it does not matter which one counts. */
export function sessionCookies(header: string | undefined, name: string): readonly string[] {
  const own = rawCookies(header ?? '').filter((cookie) => cookie.name === name)
  return [...new Set(own.map((cookie) => cookie.value))]
}

/** All cookies in the order sent; one that comes twice is there twice, what has no `=` is not there. */
function rawCookies(header: string): readonly Cookie[] {
  return header.split(';').flatMap((pair) => {
    const text = pair.replace(/^ +/, '')
    const equals = text.indexOf('=')
    return equals === -1 ? [] : [{ name: text.slice(0, equals), value: text.slice(equals + 1) }]
  })
}

/** The cookies of sign-ins under way, in the order sent; a name that comes twice is there twice. */
export function transactionCookies(header: string | undefined, names: CookieNames): readonly Cookie[] {
  if (header === undefined || !header.includes(names.transactionPrefix)) return []
  return rawCookies(header).filter((cookie) => cookie.name.startsWith(names.transactionPrefix))
}

/** Every name of our own cookies at some origins, each once. */
export function ownCookies(origins: Iterable<{ readonly cookies: CookieNames }>): OwnCookies {
  const names = [...origins].map((origin) => origin.cookies)
  return {
    sessions: [...new Set(names.map((name) => name.session))],
    besides: [...new Set(names.flatMap((name) => [secondPieceName(name), signedOutName(name)]))],
    transactionPrefixes: [...new Set(names.map((name) => name.transactionPrefix))],
  }
}

/**
 * The Cookie header without our own cookies; empty when nothing is left. The app's cookies keep their bytes, however
 * odd. Stricter than reading: what some app would trim into one of our names is taken off too.
 */
export function stripOwnCookies(header: string, own: OwnCookies): string {
  if (!mentions(header, own)) return header
  let kept: string | null = null
  for (let start = 0; start <= header.length; ) {
    const semicolonAt = header.indexOf(';', start)
    const end = semicolonAt === -1 ? header.length : semicolonAt
    const pair = header.slice(start, end)
    if (!mentions(pair, own) || !isOwnName(nameOf(pair), own)) kept = kept === null ? pair : `${kept};${pair}`
    start = end + 1
  }
  if (kept === null) return ''
  return kept.length === header.length ? header : kept.replace(/^[ \t]+/, '')
}

/** Whether a Set-Cookie value of the upstream would set, overwrite or delete one of our cookies in some browser. */
export function ownsSetCookie(value: string, own: OwnCookies): boolean {
  if (!mentions(value, own)) return false
  const end = value.indexOf(';')
  return isOwnName(nameOf(end === -1 ? value : value.slice(0, end)), own)
}

function mentions(text: string, own: OwnCookies): boolean {
  for (const name of own.sessions) if (text.includes(name)) return true
  for (const prefix of own.transactionPrefixes) if (text.includes(prefix)) return true
  return false
}

/**
 * The name of a pair as the most forgiving reader sees it. A cookie without a name (`=a=b`, or just `a`) is sent back
 * by browsers as its value alone, which then reads as a name: RFC 6265bis section 5.7.
 */
function nameOf(pair: string): string {
  let text = pair.trimStart()
  while (text.startsWith('=')) text = text.slice(1).trimStart()
  const equals = text.indexOf('=')
  return (equals === -1 ? text : text.slice(0, equals)).trimEnd()
}

function isOwnName(name: string, own: OwnCookies): boolean {
  return (
    own.sessions.includes(name) ||
    own.besides.includes(name) ||
    own.transactionPrefixes.some((prefix) => name.startsWith(prefix))
  )
}

/** Whether a pair begins here: at the start or after `;` and spaces. A tab is part of a name that is not ours. */
function beginsPair(header: string, at: number): boolean {
  let i = at - 1
  while (i >= 0 && header.charCodeAt(i) === space) i--
  return i < 0 || header.charCodeAt(i) === semicolon
}
