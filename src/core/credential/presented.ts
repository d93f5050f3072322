import { isObject, parseJson } from '../json.ts'
import type { KeyForms } from '../keys/api-key-settings.ts'
import { type PresentedKey, parseKey, parseKeyId, parseKeyPair } from '../keys/key-form.ts'
import { limits } from '../limits/table.ts'

/** How a credential was sent: `Authorization: Bearer` (RFC 6750), `Basic` (RFC 7617), or in `api_keys.header`. */
export type PresentedBy = 'bearer' | 'basic' | 'key-header'

/** What one header line carries, told by its form alone: nothing was looked up, and nothing is believed yet. */
export type Presented =
  | { readonly kind: 'key'; readonly by: PresentedBy; readonly key: PresentedKey }
  /** Ours by its beginning, and none of ours by the rest. */
  | { readonly kind: 'ours-malformed'; readonly by: PresentedBy }
  /** `issuer` is what it says of itself; null: nothing, or no text. */
  | { readonly kind: 'jwt'; readonly by: 'bearer'; readonly token: string; readonly issuer: string | null }
  | { readonly kind: 'opaque'; readonly by: 'bearer'; readonly token: string }
  /** Somebody else’s, or nothing that can be read. */
  | { readonly kind: 'foreign'; readonly by: PresentedBy }
  /** `Authorization` with another scheme. */
  | { readonly kind: 'other-scheme'; readonly by: null }

/**
 * Every credential of a request's headers, one for each line, in their order. `rawHeaders` as Node gives them: name,
 * value, name, value … With `forms` null nothing is ours.
 */
export function presentedCredentials(
  rawHeaders: readonly string[],
  forms: KeyForms | null,
): readonly Presented[] {
  const keyHeader = forms?.header.toLowerCase()
  let found: Presented[] | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const presented = readLine(name, rawHeaders[i + 1] ?? '', forms, keyHeader)
    if (presented === null) continue
    if (found === null) found = []
    found.push(presented)
  }
  return found ?? none
}

const none: readonly Presented[] = []

function readLine(
  name: string,
  value: string,
  forms: KeyForms | null,
  keyHeader: string | undefined,
): Presented | null {
  // Most names have another length, and lower-casing them costs more than the comparison.
  if (name.length === authorization.length && name.toLowerCase() === authorization)
    return readAuthorization(value, forms)
  if (forms === null || name.length !== keyHeader?.length || name.toLowerCase() !== keyHeader) return null
  return readKey(value, forms, 'key-header') ?? { kind: 'foreign', by: 'key-header' }
}

const authorization = 'authorization'

/** RFC 9110 section 11.4: the scheme is compared without regard to case. */
function readAuthorization(value: string, forms: KeyForms | null): Presented {
  // A tab ends the scheme too, so that what follows is refused, and is not overlooked.
  const at = value.search(/[ \t]/)
  const scheme = (at === -1 ? value : value.slice(0, at)).toLowerCase()
  const rest = at === -1 ? '' : value[at] === ' ' ? value.slice(at).trim() : value.slice(at)
  switch (scheme) {
    case 'bearer':
      return (forms && readKey(rest, forms, 'bearer')) ?? readBearer(rest)
    case 'basic':
      return readBasic(rest, forms)
    default:
      return { kind: 'other-scheme', by: null }
  }
}

/** Null: it is not ours. */
function readKey(text: string, { prefixes }: KeyForms, by: PresentedBy): Presented | null {
  const key = parseKey(text, prefixes)
  if (key !== null) return key === 'malformed' ? { kind: 'ours-malformed', by } : { kind: 'key', by, key }
  // In another case it opens nothing, and still holds the secret: no provider is asked of it.
  const lower = text.slice(0, text.indexOf('_') + 1).toLowerCase()
  const isOurs = lower === shortTokenPrefix || prefixes.some((prefix) => lower === `${prefix}_`)
  return isOurs ? { kind: 'ours-malformed', by } : null
}

/** What our token endpoint is to give out. There is none yet, so that none of them opens anything. */
const shortTokenPrefix = 'cgt_'

/** RFC 6750 section 2.1: b64token. */
const bearerToken = /^[A-Za-z0-9\-._~+/]+=*$/

function readBearer(token: string): Presented {
  const by = 'bearer'
  if (token.length > limits.accessTokenBytes || !bearerToken.test(token)) return { kind: 'foreign', by }
  return isJws(token) ? { kind: 'jwt', by, token, issuer: issuerOf(token) } : { kind: 'opaque', by, token }
}

/** RFC 7515 section 7.1: three parts, of which the first is a JSON object with `alg`. */
function isJws(token: string): boolean {
  const parts = token.split('.', 4)
  return parts.length === 3 && memberOf(parts[0], 'alg') !== undefined
}

function issuerOf(token: string): string | null {
  const issuer = memberOf(token.split('.', 2)[1], 'iss')
  return typeof issuer === 'string' ? issuer : null
}

/** One member of an encoded JSON object, as it stands there: the rest is read when the token is verified, and costs ten times as much. */
function memberOf(part: string | undefined, name: string): unknown {
  const parsed = part === undefined ? undefined : parseJson(Buffer.from(part, 'base64url').toString())
  return isObject(parsed) && Object.hasOwn(parsed, name) ? parsed[name] : undefined
}

/**
 * A pair of ours is told by its user name; a whole key as the password is ours too. What is ours and no good counts
 * nowhere and goes to nobody.
 */
function readBasic(text: string, forms: KeyForms | null): Presented {
  const by = 'basic'
  if (forms === null) return { kind: 'foreign', by }
  const pair = Buffer.from(text, 'base64').toString()
  const at = pair.indexOf(':')
  const [user, password] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
  const key = parseKeyPair(user, password, forms.prefixes)
  if (key !== null && key !== 'malformed') return { kind: 'key', by, key }
  const isOurs = key === 'malformed' || beginsAsKey(password, forms)
  return { kind: isOurs ? 'ours-malformed' : 'foreign', by }
}

/** Whether an id of ours stands at its beginning: `cg_…_…`. */
function beginsAsKey(text: string, { prefixes }: KeyForms): boolean {
  const id = parseKeyId(text.split('_', 2).join('_'), prefixes)
  return id !== null && id !== 'malformed'
}

/** Whether a header line of the client carries what is ours: it goes to no app, right or mistyped. */
export function isOurs(presented: Presented): boolean {
  return presented.kind === 'key' || presented.kind === 'ours-malformed'
}
