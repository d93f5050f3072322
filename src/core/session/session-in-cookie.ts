import type { Origin } from '../gateway.ts'
import { isObject, parseJson } from '../json.ts'
import type { ClaimPath } from '../rules/claims.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, seal } from './seal.ts'
import { type EpochSeconds, noTokens, type Session, sessionKey } from './session.ts'
import { mostPiecesBytes } from './session-pieces.ts'

/** A session that rests in the browser: `store: cookie`. */
export interface SessionInCookie {
  /** As `newSessionId` draws it. No secret here: it tells sessions apart, in this process and in the log. */
  readonly id: string
  readonly session: Session
  /**
   * What marks of sign-outs are held against: the time of the sign-in, or later, as it has to be later than the mark
   * that came with it. The clock of another instance, or of a bad hour, can be ahead; lifetimes do not go by it.
   */
  readonly order: EpochSeconds
  /** The claim paths that were kept, be there a claim or not. */
  readonly kept: readonly ClaimPath[]
}

type CookieOrigin = Pick<Origin, 'origin' | 'cookies'>

/** The number of the sealed form. One of another number is no session: people sign in again. */
const format = 1

/**
 * The session as its cookies carry it, to be cut into pieces; null when these could not hold it. For this origin and
 * cookie name alone, by a purpose that no other store opens.
 */
export function sealSessionInCookie(
  ring: KeyRing,
  kept: SessionInCookie,
  origin: CookieOrigin,
  random: Random,
): Sealed | null {
  const most = mostPiecesBytes(origin.cookies)
  const text = encode(kept)
  // Far too large ones cost no time: what is sealed is longer by a third.
  if (text.length > most) return null
  const sealed = seal(ring, scope(origin), text, random, Number.POSITIVE_INFINITY)
  return sealed.length <= most ? sealed : null
}

/** How long the text is that is sealed, for a message. */
export function bytesInCookie(kept: SessionInCookie): number {
  return Buffer.byteLength(encode(kept))
}

/** What a browser sent, whole; null when it does not open here. `stale`: sealed with an older secret. Never throws. */
export function openSessionInCookie(
  ring: KeyRing,
  origin: CookieOrigin,
  value: string,
): { readonly kept: SessionInCookie; readonly stale: boolean } | null {
  const opened = open(ring, scope(origin), value, mostPiecesBytes(origin.cookies))
  const kept = opened.ok ? decode(opened.text, origin.origin) : null
  return opened.ok && kept !== null ? { kept, stale: opened.stale } : null
}

function scope({ origin, cookies }: CookieOrigin): SealScope {
  return { purpose: 'session-in-cookie', context: [origin, cookies.session] }
}

/** What of a session does not travel: no token, and nothing that only stores need whom others may ask to end a session. */
export const notKept = {
  idToken: '',
  tokens: noTokens,
  subject: '',
  sid: null,
  client: null,
  marks: {},
} as const

/** A list, not an object: it travels with every request. The origin is in the key that seals it. */
function encode({ id, session, order, kept }: SessionInCookie): string {
  const { issuer, clientId, user, claims, scopes, signedInAt, lastSeenAt, signIn } = session
  const times = [signedInAt, lastSeenAt, order]
  const { stateHash, returnTo, isForced } = signIn
  const fixed = [format, id, issuer, clientId, user, ...times, stateHash, returnTo, kept, claims]
  if (isForced) return JSON.stringify([...fixed, scopes, 1])
  return JSON.stringify(scopes.length === 0 ? fixed : [...fixed, scopes])
}

function decode(text: string, origin: string): SessionInCookie | null {
  const parts = parseJson(text)
  if (!Array.isArray(parts) || parts.length < 12 || parts.length > 14) return null
  const [version, id, issuer, clientId, user, signedInAt, lastSeenAt, order, ...rest]: unknown[] = parts
  const [stateHash, returnTo, kept, claims, scopes = [], forced] = rest
  if (version !== format || !isText(id) || !isText(issuer) || !isText(clientId) || !isText(user)) return null
  if (!isTime(signedInAt) || !isTime(lastSeenAt) || !isTime(order)) return null
  if (!isText(stateHash) || !isText(returnTo) || !isTexts(kept) || !isClaims(claims)) return null
  if (!isTexts(scopes) || !(forced === undefined || forced === 1)) return null
  const signIn = { stateHash, returnTo, ...(forced === 1 ? { isForced: true as const } : {}) }
  const told = { origin, issuer, clientId, user, claims, scopes, signedInAt, lastSeenAt, signIn }
  return {
    id,
    session: { key: sessionKey(id), ...notKept, idTokenIssuedAt: signedInAt, checkedAt: signedInAt, ...told },
    order,
    kept,
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function isTime(value: unknown): value is EpochSeconds {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** Whatever JSON.parse makes below an object is JSON, so an object is enough. */
function isClaims(value: unknown): value is Session['claims'] {
  return isObject(value)
}
