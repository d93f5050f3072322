import type { KeyObject } from 'node:crypto'
import { compactVerify, decodeProtectedHeader, errors, type ProtectedHeaderParameters } from 'jose'
import { type JsonObject, readJsonObject } from '../core/json-object.ts'
import { limits } from '../core/limits/table.ts'
import { algorithmProblem, notAccepted } from './algorithms.ts'
import type { KeyCache } from './keys.ts'
import { quote } from './quote.ts'

export type VerifiedJwt =
  | {
      readonly ok: true
      readonly algorithm: string
      readonly claims: JsonObject
      /** The one that verified it. */
      readonly key: KeyObject
    }
  | { readonly ok: false; readonly reason: string; readonly unasked?: boolean }

/** What the token is to be: neither counts as the other (RFC 8725 3.11). An ID token's `typ` is userinfo's too. */
export type JwtUse = 'ID token' | 'logout token' | 'access token'

/**
 * The claims of a signed token from the provider, verified with its published keys and our algorithms alone: what the
 * token says of keys itself (`jku`, `jwk`, `x5u`, `x5c`) is never looked at. Throws `ProviderFault` when no keys can be had.
 */
export async function verifyJwt(
  raw: string,
  algorithms: readonly string[],
  keys: KeyCache,
  use: JwtUse = 'ID token',
): Promise<VerifiedJwt> {
  const header = readHeader(raw, algorithms, use)
  if (!header.ok) return header
  const { algorithm } = header
  const wanted = { algorithm, kid: header.kid }
  const found = await keys.find(wanted)
  if (!found.ok) return found
  const first = await verifyWith(raw, algorithm, found.key)
  if (first.ok || !first.signatureIsWrong) return first
  const replaced = await keys.findReplaced(wanted, found.key)
  return replaced === null ? first : verifyWith(raw, algorithm, replaced)
}

type Verification = VerifiedJwt & { readonly signatureIsWrong: boolean }

async function verifyWith(raw: string, algorithm: string, key: KeyObject): Promise<Verification> {
  try {
    const { payload } = await compactVerify(raw, key, { algorithms: [algorithm] })
    const claims = readJsonObject(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    const verified: VerifiedJwt =
      claims === null ? refused('its claims are no JSON object') : { ok: true, algorithm, claims, key }
    return { ...verified, signatureIsWrong: false }
  } catch (thrown) {
    const signatureIsWrong = thrown instanceof errors.JWSSignatureVerificationFailed
    return { ...refused(signatureIsWrong ? 'its signature is wrong' : 'it cannot be read'), signatureIsWrong }
  }
}

export type JwtHeader =
  | { readonly ok: true; readonly algorithm: string; readonly kid: string | null }
  | { readonly ok: false; readonly reason: string }

/** What its header says, as far as it is needed to look for the key; everything that can be refused without one. */
export function readHeader(raw: string, algorithms: readonly string[], use: JwtUse): JwtHeader {
  if (raw.length > limits.providerTokenBytes)
    return refused(`it has ${raw.length} characters, at most ${limits.providerTokenBytes} are read`)
  const parts = raw.split('.').length
  if (parts === 5) return refused('it is encrypted, which is not supported')
  if (parts !== 3) return refused(`it has ${parts} parts, expected 3`)
  const header = decodeHeader(raw)
  if (header === null) return refused('its header cannot be read')
  const problem = headerProblem(header, algorithms, use)
  if (problem !== null) return refused(problem)
  return { ok: true, algorithm: header.alg ?? '', kid: header.kid ?? null }
}

function decodeHeader(raw: string): ProtectedHeaderParameters | null {
  try {
    return decodeProtectedHeader(raw)
  } catch {
    return null
  }
}

function headerProblem(
  header: ProtectedHeaderParameters,
  algorithms: readonly string[],
  use: JwtUse,
): string | null {
  // RFC 8725 3.1: the algorithm is our choice, neither the token's nor the metadata's.
  if (typeof header.alg !== 'string' || !algorithms.includes(header.alg))
    return `it is signed with ${use === 'access token' ? notAccepted(header.alg, algorithms) : algorithmProblem(header.alg, algorithms)}`
  if (header.crit !== undefined) return 'its header has crit, and no extension is supported'
  // RFC 7797 6: it is nothing without crit, and somebody might heed it all the same.
  if (header.b64 !== undefined) return 'its header has b64, which is not supported'
  if (header.kid !== undefined && typeof header.kid !== 'string')
    return 'its header has a kid that is no string'
  // RFC 8725 3.11: an access token or a logout token of the same provider is no ID token.
  const typ = header.typ
  const { form, words } = types[use]
  if (typ !== undefined && !(typeof typ === 'string' && form.test(typ)))
    return `its header has the typ ${quote(typ)}, expected ${words} or none`
  return null
}

/** RFC 7515 4.1.9: with and without `application/`. Back-Channel Logout 1.0, 2.4, recommends a type of its own. */
const types: { readonly [use in JwtUse]: { readonly form: RegExp; readonly words: string } } = {
  'ID token': { form: /^(application\/)?jwt$/i, words: 'JWT' },
  // RFC 9068 2.1 and 4; Cognito sends none, others a plain JWT.
  'access token': { form: /^(application\/at\+jwt|at\+jwt|jwt)$/i, words: 'at+jwt, JWT' },
  'logout token': { form: /^(application\/)?(logout\+)?jwt$/i, words: 'logout+jwt, JWT' },
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
