import { isObject, parseJson } from '../json.ts'
import { limits } from '../limits/table.ts'
import type { Claims } from '../rules/claims.ts'
import {
  type EpochSeconds,
  noTokens,
  type SeenMarks,
  type Session,
  type SessionKey,
  type SessionTokens,
  type SignInClient,
} from './session.ts'

/** The number of the stored form. A record of another number is no session: people sign in again. */
const format = 2

/** The stored form: JSON with a format number. The key is not part of it, it is what the record is found by. */
export function encodeSession(session: Session): string {
  const { key: _, ...record } = session
  return JSON.stringify({ format, ...record })
}

/**
 * What a session takes in memory, about: JSON of a session's kind becomes 1.2 to 2.4 times as large when it is read
 * (measured for claims from 2 to 100 KB), and a cookie and its principal come with it.
 */
export function memoryBytes(session: Session): number {
  return 2 * encodeSession(session).length + 512
}

/**
 * What is wrong with a session that is too large to be kept; null: nothing. It is never cut: a claim that is missing could
 * let somebody in.
 */
export function recordTooLarge(session: Session): string | null {
  const bytes = Buffer.byteLength(encodeSession(session))
  if (bytes <= limits.sessionRecordBytes) return null
  const keepsTokens = session.tokens.access !== null || session.tokens.refresh !== null
  const what = keepsTokens ? 'claims, ID token and the tokens that are kept' : 'claims and ID token'
  const found = `${what} take ${bytes} bytes as a session, at most ${limits.sessionRecordBytes} are kept`
  return `${found}; let the provider send fewer of them (groups above all), or ask for fewer \`scopes\``
}

/** A session from its stored form; null for a record that is damaged or of another format. Never throws. */
export function decodeSession(text: string, key: SessionKey): Session | null {
  const record = parseJson(text)
  if (!isObject(record) || record.format !== format || !isObject(record.signIn)) return null
  const { origin, issuer, clientId, user, claims, idToken, signedInAt, lastSeenAt } = record
  const { stateHash, returnTo, isForced } = record.signIn
  if (!isText(origin) || !isText(issuer) || !isText(clientId)) return null
  if (!isText(user) || !isText(idToken)) return null
  if (!isClaims(claims) || !isTime(signedInAt) || !isTime(lastSeenAt)) return null
  if (!isText(stateHash) || !isText(returnTo)) return null
  const issued = readIssued(record, claims, signedInAt)
  const client = readClient(record.client)
  const marks = readMarks(record.marks)
  const granted = readGranted(record, signedInAt)
  if (issued === null || marks === null || granted === null) return null
  const signIn = { stateHash, returnTo, ...(isForced === true ? { isForced: true as const } : {}) }
  const times = { signedInAt, lastSeenAt }
  const account = { issuer, clientId, user, claims, idToken }
  return { key, origin, ...account, ...issued, ...granted, ...times, signIn, client, marks }
}

type Issued = Pick<Session, 'subject' | 'sid' | 'idTokenIssuedAt'>

/** Records of before these were kept have `sub` and `sid` among the claims, and no ID token is issued after its sign-in. */
function readIssued(
  record: Readonly<Record<string, unknown>>,
  claims: Claims,
  signedInAt: EpochSeconds,
): Issued | null {
  const { subject = claims.sub, sid = claims.sid ?? null, idTokenIssuedAt = signedInAt } = record
  if (!isText(subject) || !(sid === null || isText(sid)) || !isTime(idTokenIssuedAt)) return null
  return { subject, sid, idTokenIssuedAt }
}

type Granted = Pick<Session, 'scopes' | 'tokens' | 'checkedAt'>

/** Records of before these were kept have none: nothing is known to have been granted. */
function readGranted(record: Readonly<Record<string, unknown>>, signedInAt: EpochSeconds): Granted | null {
  const { scopes = [], checkedAt = signedInAt } = record
  const tokens = record.tokens === undefined ? noTokens : readTokens(record.tokens)
  if (!Array.isArray(scopes) || !scopes.every(isText) || tokens === null || !isTime(checkedAt)) return null
  return { scopes, tokens, checkedAt }
}

/** Null for what are none. Never throws. */
export function readTokens(value: unknown): SessionTokens | null {
  if (!isObject(value)) return null
  const { access = null, refresh = null } = value
  if (!(refresh === null || isText(refresh))) return null
  if (access === null) return { access, refresh }
  if (!isObject(access)) return null
  const { value: token, endsAt } = access
  if (!isText(token) || !(endsAt === null || isTime(endsAt))) return null
  return { access: { value: token, endsAt }, refresh }
}

/** It is shown, and decides nothing. */
function readClient(value: unknown): SignInClient | null {
  if (!isObject(value)) return null
  const text = (one: unknown) => (isText(one) ? one : null)
  return { browser: text(value.browser), system: text(value.system), network: text(value.network) }
}

function readMarks(value: unknown = {}): SeenMarks | null {
  return isMarks(value) ? value : null
}

function isMarks(value: unknown): value is SeenMarks {
  return isObject(value) && Object.values(value).every(isText)
}

/** Whatever JSON.parse makes below an object is JSON, so an object is enough. */
function isClaims(value: unknown): value is Claims {
  return isObject(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTime(value: unknown): value is EpochSeconds {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
