import { createHash } from 'node:crypto'
import { LoginFault } from '../core/fault.ts'
import type { Json } from '../core/json.ts'
import type { JsonObject } from '../core/json-object.ts'
import { limits } from '../core/limits/table.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { checkTimes } from './clock.ts'
import { verifyJwt } from './jwt.ts'
import type { KeyCache } from './keys.ts'
import { quote } from './quote.ts'

/** What the ID token of one sign-in must say. */
export interface IdTokenExpectation {
  readonly issuer: string
  readonly clientId: string
  /** Parties that it may be for beside us. */
  readonly extraAudiences: readonly string[]
  /** Null: not known, so that no other is right. */
  readonly nonce: string | null
  /** Only a refreshed one may be without (OpenID Connect Core 12.2). */
  readonly nonceMayBeMissing?: boolean
  readonly algorithms: readonly string[]
  readonly accessToken: string
}

export interface VerifiedIdToken {
  readonly sub: string
  /** Null: it has none, or one of no form. */
  readonly sid: string | null
  /** `iat`, whole. */
  readonly issuedAt: EpochSeconds
  readonly claims: JsonObject
}

/**
 * OpenID Connect Core 3.1.3.7, all of it, and what openid-client leaves open: the signature, `azp` beside a single
 * audience, the form of `sub`, the window of `iat`, `typ`, `at_hash`. Throws `LoginFault` LOGIN_TOKEN_INVALID or
 * LOGIN_CLOCK_DIFFERS, or `ProviderFault` when the keys cannot be had.
 */
export async function verifyIdToken(
  raw: string,
  expected: IdTokenExpectation,
  keys: KeyCache,
  now: EpochSeconds,
): Promise<VerifiedIdToken> {
  const verified = await verifyJwt(raw, expected.algorithms, keys)
  if (!verified.ok) throw refused(verified.reason)
  const { claims, algorithm } = verified
  const times = readTimes(claims)
  const mismatch = issuedProblem(claims, expected) ?? (typeof times === 'string' ? times : null)
  if (mismatch !== null || typeof times === 'string') throw refused(mismatch ?? 'it has no times')
  checkTimes(times, now)
  const problem =
    nonceProblem(claims, expected) ?? accessTokenProblem(claims, expected.accessToken, algorithm)
  if (problem !== null || typeof claims.sub !== 'string') throw refused(problem ?? 'sub is no string')
  const sid = typeof claims.sid === 'string' && claims.sid !== '' ? claims.sid : null
  return { sub: claims.sub, sid, issuedAt: Math.floor(times.iat), claims }
}

function refused(reason: string): LoginFault {
  return new LoginFault('LOGIN_TOKEN_INVALID', `the ID token is refused: ${reason}`)
}

/** By whom it was issued, for whom, about whom; null when nothing is wrong with it. */
function issuedProblem(claims: JsonObject, expected: IdTokenExpectation): string | null {
  return (
    issuerProblem(claims, expected.issuer) ??
    audienceProblem(claims, expected.clientId) ??
    authorizedPartyProblem(claims, expected) ??
    subjectProblem(claims.sub)
  )
}

/** Its value is no secret any more, but a message that shows both would invite to compare by eye. */
function nonceProblem(
  claims: JsonObject,
  { nonce, nonceMayBeMissing }: Pick<IdTokenExpectation, 'nonce' | 'nonceMayBeMissing'>,
): string | null {
  if (claims.nonce === undefined && nonceMayBeMissing === true) return null
  return claims.nonce === nonce && nonce !== null ? null : 'nonce is not that of this sign-in'
}

export function issuerProblem(claims: JsonObject, issuer: string): string | null {
  return claims.iss === issuer ? null : `iss is ${quote(claims.iss)}, expected ${quote(issuer)}`
}

export function audienceProblem(claims: JsonObject, clientId: string): string | null {
  const audience = audienceOf(claims.aud)
  return audience.includes(clientId) ? null : `aud is ${quote(claims.aud)}, expected ${quote(clientId)}`
}

/**
 * OpenID Connect Core 3.1.3.7 (3-5): a token for others too is ours when `azp` says so, or when each of them is listed;
 * a written list is all that is trusted. A foreign `azp` is refused always.
 */
export function authorizedPartyProblem(
  claims: JsonObject,
  { clientId, extraAudiences }: Pick<IdTokenExpectation, 'clientId' | 'extraAudiences'>,
): string | null {
  const { azp } = claims
  if (azp !== undefined && azp !== clientId) return `azp is ${quote(azp)}, expected ${quote(clientId)}`
  if (azp !== undefined && extraAudiences.length === 0) return null
  const unlisted = audienceOf(claims.aud).find(
    (party) => party !== clientId && !(typeof party === 'string' && extraAudiences.includes(party)),
  )
  if (unlisted === undefined) return null
  const why = azp === undefined ? ', and azp is missing' : ''
  return `aud names ${quote(unlisted)} too${why}: where that is right, list it in \`extra_audiences\` of the provider`
}

/** RFC 7519 4.1.3: a string or a list of strings; anything else names nobody. */
function audienceOf(aud: Json | undefined): readonly Json[] {
  if (typeof aud === 'string') return [aud]
  return Array.isArray(aud) && aud.every((member) => typeof member === 'string') ? aud : []
}

function subjectProblem(sub: Json | undefined): string | null {
  if (typeof sub !== 'string' || sub === '')
    return `sub is ${quote(sub)}, expected a string that is not empty`
  if (sub.length > limits.subjectCharacters)
    return `sub has ${sub.length} characters, at most ${limits.subjectCharacters} are accepted`
  return /[\u0000-\u001f\u007f-\u009f]/.test(sub) ? 'sub has control characters' : null
}

/** The times that it must have, and `nbf` where it has one; what is wrong with their form, in words. */
function readTimes({ exp, iat, nbf }: JsonObject): Parameters<typeof checkTimes>[0] | string {
  if (!isTime(exp)) return `exp is ${quote(exp)}, expected a number`
  if (!isTime(iat)) return `iat is ${quote(iat)}, expected a number`
  if (nbf === undefined) return { exp, iat, nbf: null }
  return isTime(nbf) ? { exp, iat, nbf } : `nbf is ${quote(nbf)}, expected a number`
}

function isTime(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** OpenID Connect Core 3.1.3.8: half of the hash that belongs to the algorithm. */
function accessTokenProblem(claims: JsonObject, accessToken: string, algorithm: string): string | null {
  if (claims.at_hash === undefined) return null
  const digest = createHash(hashOf(algorithm)).update(accessToken, 'ascii').digest()
  const expected = digest.subarray(0, digest.length / 2).toString('base64url')
  return claims.at_hash === expected ? null : 'at_hash is not that of the access token'
}

function hashOf(algorithm: string): 'sha256' | 'sha384' | 'sha512' {
  if (algorithm.endsWith('256')) return 'sha256'
  // Ed25519 hashes with SHA-512, and so does its at_hash.
  return algorithm.endsWith('384') ? 'sha384' : 'sha512'
}
