import { isObject, parseJson } from '../json.ts'

/** What a JWT says of itself, which nobody has verified. */
export interface JwtForm {
  /** Null: it names none, or no text. */
  readonly issuer: string | null
}

/**
 * Null: it is no JWT, but text that only its provider can read. RFC 7515 section 7.1: three parts, of which the first is
 * a JSON object with `alg`.
 */
export function readJwtForm(token: string): JwtForm | null {
  const parts = token.split('.', 4)
  if (parts.length !== 3 || memberOf(parts[0], 'alg') === undefined) return null
  const issuer = memberOf(parts[1], 'iss')
  return { issuer: typeof issuer === 'string' ? issuer : null }
}

/** One member of an encoded JSON object, as it stands there: the rest is read when the token is verified, and costs ten times as much. */
function memberOf(part: string | undefined, name: string): unknown {
  const parsed = part === undefined ? undefined : parseJson(Buffer.from(part, 'base64url').toString())
  return isObject(parsed) && Object.hasOwn(parsed, name) ? parsed[name] : undefined
}
