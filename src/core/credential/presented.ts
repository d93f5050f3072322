import { holdsOwnId, ownCredentials, unescaped } from '../headers/own-credentials.ts'
import type { KeyForms } from '../keys/api-key-settings.ts'
import { type PresentedKey, parseKey, parseKeyPair } from '../keys/key-form.ts'
import { type ShortTokenKind, shortTokenKind, shortTokenPrefix } from '../keys/short-token-form.ts'
import { limits } from '../limits/table.ts'

/** How a credential was sent: `Authorization: Bearer` (RFC 6750), `Basic` (RFC 7617), or in `api_keys.header`. */
export type PresentedBy = 'bearer' | 'basic' | 'key-header'

/** What one header line carries, told by its form alone: nothing was looked up, and nothing is believed yet. */
export type Presented =
  | { readonly kind: 'key'; readonly by: PresentedBy; readonly key: PresentedKey }
  /** Ours by its letters, which also say of which kind; `of` is bound by its seal. */
  | {
      readonly kind: 'short-token'
      readonly by: 'bearer' | 'key-header'
      readonly of: ShortTokenKind
      readonly token: string
    }
  /** Ours by its beginning, and none of ours by the rest. */
  | { readonly kind: 'ours-malformed'; readonly by: PresentedBy }
  /** A token of somebody else: what it says of itself is read where it is not known already (`readJwtForm`). */
  | { readonly kind: 'token'; readonly by: 'bearer'; readonly token: string }
  /** Id and secret that are none of ours. */
  | { readonly kind: 'pair'; readonly by: 'basic'; readonly id: string; readonly secret: string }
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
function readKey(text: string, { prefixes }: KeyForms, by: 'bearer' | 'key-header'): Presented | null {
  const key = parseKey(text, prefixes)
  if (key !== null) return key === 'malformed' ? { kind: 'ours-malformed', by } : { kind: 'key', by, key }
  const of = shortTokenKind(text)
  if (of !== null) return { kind: 'short-token', by, of, token: text }
  return beginsAsOurs(text, prefixes) ? { kind: 'ours-malformed', by } : null
}

/** In another case it opens nothing, and still holds the secret: no provider is asked of it. */
function beginsAsOurs(text: string, prefixes: readonly string[]): boolean {
  const lower = text.slice(0, text.indexOf('_') + 1).toLowerCase()
  return lower === shortTokenPrefix || prefixes.some((prefix) => lower === `${prefix}_`)
}

/**
 * Whether a whole key stands somewhere in what is somebody else's, or a whole key or token of ours begins it: a password
 * or a refresh token may begin with the same letters by chance.
 */
export function holdsOurs(text: string, forms: KeyForms): boolean {
  const plain = unescaped(text)
  const begins = beginsAsOurs(plain, forms.prefixes) && wholeBeginning.test(plain)
  return begins || holdsOwnId(text, ownCredentials(forms).words)
}

const wholeBeginning = /^[^_]+_(?:[0-9A-Za-z]{16}_|[kw][\w-]{24})/i

/** RFC 6750 section 2.1: b64token. */
const bearerToken = /^[A-Za-z0-9\-._~+/]+=*$/

function readBearer(token: string): Presented {
  const by = 'bearer'
  if (token.length > limits.accessTokenBytes || !bearerToken.test(token)) return { kind: 'foreign', by }
  return { kind: 'token', by, token }
}

/**
 * A pair of ours is told by its user name. Whatever else holds something of ours, mistyped or in the wrong place, counts
 * nowhere and goes to nobody, no provider included.
 */
function readBasic(text: string, forms: KeyForms | null): Presented {
  const by = 'basic'
  const pair = Buffer.from(text, 'base64').toString()
  const at = pair.indexOf(':')
  const [user, password] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
  if (forms !== null) {
    const key = parseKeyPair(user, password, forms.prefixes)
    if (key !== null && key !== 'malformed') return { kind: 'key', by, key }
    if (key === 'malformed' || isOfOurs(user, password, forms)) return { kind: 'ours-malformed', by }
  }
  const isPair = at > 0 && base64.test(text) && !unreadable.test(pair)
  return isPair ? { kind: 'pair', by, id: user, secret: password } : { kind: 'foreign', by }
}

/** Whether one half of a pair that is no key of ours is meant as one, or holds one. */
export function isOfOurs(user: string, password: string, forms: KeyForms): boolean {
  return (
    beginsAsOurs(unescaped(user), forms.prefixes) || [user, password].some((half) => holdsOurs(half, forms))
  )
}

/** RFC 7617 section 2 knows no control characters; U+FFFD stands for what is no UTF-8. */
const unreadable = /[\p{Cc}\ufffd]/u
/** RFC 9110 section 11.2: token68, in the one alphabet that Basic has. */
const base64 = /^[A-Za-z0-9+/]+=*$/

/** Whether a header line of the client carries what is ours: it goes to no app, right or mistyped. */
export function isOurs(presented: Presented): boolean {
  const { kind } = presented
  return kind === 'key' || kind === 'short-token' || kind === 'ours-malformed'
}
