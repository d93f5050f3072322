import { isObject, type Json } from '../json.ts'
import type { JsonObject } from '../json-object.ts'
import { limits } from '../limits/table.ts'
import { toWords } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import { type AccessToken, clientNames, isOver, tokenSkewSeconds } from './access-token.ts'

export type AccessTokenClaims =
  | { readonly ok: true; readonly token: AccessToken }
  /** `detail` quotes nothing of the token. */
  | { readonly ok: false; readonly why: 'token-invalid' | 'token-over'; readonly detail: string }

/**
 * What the claims of an access token say, wherever they came from: a verified JWT (RFC 9068), or an answer about an
 * opaque one (RFC 7662). Refused is what is no access token, what is malformed where it would decide, what has ended or
 * does not count yet, and what is bound to a key of which nothing was shown. For whom it is, is judged at each use.
 */
export function readAccessTokenClaims(
  claims: JsonObject,
  now: EpochSeconds,
  { endRequired }: { readonly endRequired: boolean },
): AccessTokenClaims {
  const problem = kindProblem(claims) ?? subjectProblem(claims.sub) ?? timesProblem(claims, now, endRequired)
  if (problem !== null) return invalid(problem)
  const audiences = audiencesOf(claims)
  if (audiences === 'malformed') return invalid('aud is neither a text nor a list of texts')
  const certificate = certificateOf(claims)
  if (certificate === 'other') return invalid('cnf binds it to a key of another kind than a certificate')
  const endsAt = typeof claims.exp === 'number' ? Math.floor(claims.exp) : null
  if (endsAt !== null && isOver(endsAt, now))
    return { ok: false, why: 'token-over', detail: `exp was ${now - endsAt} seconds ago by our clock` }
  return {
    ok: true,
    token: {
      claims: lastingClaims(claims),
      subject: typeof claims.sub === 'string' ? claims.sub : null,
      audiences,
      clientId: clientNames(claims).find((name) => typeof name === 'string') ?? null,
      scopes: scopesOf(claims),
      endsAt,
      certificate,
    },
  }
}

/** OpenID Connect Core 2 and 3.3.2.11, Back-Channel Logout 2.4: no access token has any of these. */
const foreignClaims = ['events', 'nonce', 'at_hash', 'c_hash', 's_hash'] as const
/** As Keycloak names its kinds. */
const foreignTypes: ReadonlySet<string> = new Set(['id', 'refresh', 'offline', 'logout'])
/** As Cognito does. */
const foreignUses: ReadonlySet<string> = new Set(['id', 'refresh'])

/** RFC 8725 3.12: every other kind of token of the same provider bears the same signature. */
function kindProblem(claims: JsonObject): string | null {
  const foreign = foreignClaims.find((name) => Object.hasOwn(claims, name))
  if (foreign !== undefined) return `it has ${foreign}, so it is no access token`
  if (isOneOf(claims.token_use, foreignUses)) return 'its token_use is that of another kind of token'
  if (isOneOf(claims.typ, foreignTypes)) return 'its claim typ is that of another kind of token'
  const { amr } = claims
  const methods: readonly Json[] = Array.isArray(amr) ? amr : [amr ?? null]
  return methods.includes('unauthenticated') ? 'its amr says that nobody was authenticated' : null
}

function isOneOf(value: Json | undefined, words: ReadonlySet<string>): boolean {
  return typeof value === 'string' && words.has(value.toLowerCase())
}

function subjectProblem(sub: Json | undefined): string | null {
  if (sub === undefined || sub === null) return null
  if (typeof sub !== 'string' || sub === '') return 'sub is no text, or empty'
  if (sub.length > limits.subjectCharacters) return 'sub is longer than a subject may be'
  return /\p{Cc}/u.test(sub) ? 'sub has control characters' : null
}

function timesProblem(claims: JsonObject, now: EpochSeconds, endRequired: boolean): string | null {
  const { exp, nbf, iat } = claims
  if (exp === undefined && endRequired) return 'exp is missing'
  for (const [name, time] of Object.entries({ exp, nbf, iat })) {
    if (time !== undefined && typeof time !== 'number') return `${name} is no number`
    if (name !== 'exp' && typeof time === 'number' && time > now + tokenSkewSeconds)
      return `${name} is ${Math.ceil(time - now)} seconds ahead of our clock`
  }
  return null
}

/** RFC 7519 4.1.3. What is there and names nobody must not pass for a token without `aud`. */
function audiencesOf(claims: JsonObject): readonly string[] | null | 'malformed' {
  if (!Object.hasOwn(claims, 'aud')) return null
  const { aud } = claims
  const list: readonly Json[] = Array.isArray(aud) ? aud : [aud ?? null]
  const texts = list.filter((one) => typeof one === 'string' && one !== '')
  return texts.length === 0 || texts.length < list.length ? 'malformed' : texts.map(String)
}

/** RFC 7800 3.1, RFC 8705 3.1: whoever has such a token has to show that the key is theirs. */
function certificateOf(claims: JsonObject): string | null | 'other' {
  if (!Object.hasOwn(claims, 'cnf')) return null
  const { cnf } = claims
  if (!isObject(cnf)) return 'other'
  const [first, ...others] = Object.entries(cnf)
  if (first === undefined || others.length > 0) return 'other'
  const [name, thumbprint] = first
  return name === 'x5t#S256' && typeof thumbprint === 'string' && thumbprint !== '' ? thumbprint : 'other'
}

/** RFC 6749 3.3 as one text; Entra and Okta write `scp`, Okta as a list. */
function scopesOf({ scope, scp }: JsonObject): readonly string[] {
  const texts = [scope, scp].flatMap((value): readonly Json[] =>
    Array.isArray(value) ? value : [value ?? null],
  )
  return [...new Set(texts.flatMap((text) => (typeof text === 'string' ? toWords(text) : [])))]
}

/** Of one token and over with it: no rule can mean them. */
const ofOneToken: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'jti'])

function lastingClaims(claims: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !ofOneToken.has(name)))
}

function invalid(detail: string): AccessTokenClaims {
  return { ok: false, why: 'token-invalid', detail }
}
