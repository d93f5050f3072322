import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { limits } from '../limits/table.ts'
import type { Secret } from '../secret.ts'

/**
 * What the gateway hands to browsers and wants back unread and unchanged: JWE compact serialisation (RFC 7516 3.1),
 * `dir` with `A256GCM`. It is written here over node:crypto, not with jose, because it is synchronous (a warm request
 * makes no promise) and because only one spelling of each value is accepted; a test holds it against jose.
 */
export type Sealed = string & { readonly [sealed]: true }
declare const sealed: unique symbol

/** Fills a buffer of so many bytes from the system's generator. */
export type Random = (bytes: number) => Buffer

/**
 * What a value was sealed for. Every scope has a key of its own, so a value of one purpose, cookie or deployment does
 * not open at another. Its parts come from the configuration, never from a request: keys are remembered per scope.
 */
export interface SealScope {
  readonly purpose:
    | 'session'
    | 'transaction'
    | 'sign-out'
    | 'outcome'
    | 'past-attempts'
    | 'wish'
    | 'mark'
    /** The session itself: nothing opens it but a gateway with `store: cookie`. */
    | 'session-in-cookie'
    | 'signed-out'
    | 'record'
    | 'index'
    | 'form'
    | 'form-link'
    | 'short-token'
    | 'own-key'
  /** What tells deployments and cookies apart: the origin, the cookie's name. */
  readonly context: readonly string[]
}

/** The first secret seals, all open. */
export interface KeyRing {
  readonly sealing: RingKey
  /** By protected header, as it stands in the sealed value. */
  readonly opening: ReadonlyMap<string, RingKey>
}

interface RingKey {
  readonly header: string
  /** What the header names it by: eight characters of base64url. */
  readonly kid: string
  readonly secret: KeyObject
  readonly byScope: Map<string, KeyObject>
}

export type Opened =
  | { readonly ok: true; readonly text: string /** Sealed with an older secret. */; readonly stale: boolean }
  | { readonly ok: false }

/** Part of every key: a change of what is sealed, or how, gets a new number, and old values do not open. */
const format = 'claimgate seal 1'
const ivBytes = 12
const tagBytes = 16
const refused: Opened = { ok: false }

/** `secrets` in the order of the file; throws a RangeError when there is none. */
export function buildKeyRing(secrets: readonly Secret[]): KeyRing {
  const keys = secrets.map(ringKey)
  const [sealing] = keys
  if (sealing === undefined) throw new RangeError('a key ring needs at least one secret')
  // Reversed, so that of a secret written twice the first counts and its values are not stale for ever.
  return { sealing, opening: new Map(keys.toReversed().map((key) => [key.header, key])) }
}

/**
 * Seals a text for one scope. Throws a RangeError when the result would be longer than `mostBytes`: than any cookie can
 * be, unless it is for several.
 */
export function seal(
  ring: KeyRing,
  scope: SealScope,
  text: string,
  random: Random,
  mostBytes: number = limits.sealedCookieBytes,
): Sealed {
  const result = encrypt(ring, scope, text, { aad: '', random })
  if (result.length > mostBytes) throw new RangeError('too long to be sealed into a cookie')
  return result as Sealed
}

/** Opens what a client sent. Never throws, and says nothing of why it did not open. */
export function open(
  ring: KeyRing,
  scope: SealScope,
  value: string,
  mostBytes: number = limits.sealedCookieBytes,
): Opened {
  if (value.length > mostBytes) return refused
  return decrypt(ring, scope, value, { aad: '' })
}

/** Seals a text of any length for one scope and place: it opens with the same place alone. */
export function sealAt(ring: KeyRing, scope: SealScope, place: string, text: string, random: Random): string {
  return encrypt(ring, scope, text, { aad: associated(place), random })
}

/** Opens what a store gave for a place. Never throws. */
export function openAt(ring: KeyRing, scope: SealScope, place: string, value: string): Opened {
  return decrypt(ring, scope, value, { aad: associated(place) })
}

/** The same, with a key that comes of `token` too, which has to be random: without it the secrets open nothing. */
export function sealUnder(
  ring: KeyRing,
  scope: SealScope,
  token: string,
  text: string,
  random: Random,
): string {
  return encrypt(ring, scope, text, { aad: '', token, random })
}

/** Opens what `sealUnder` sealed with the same token. Never throws. */
export function openUnder(ring: KeyRing, scope: SealScope, token: string, value: string): Opened {
  return decrypt(ring, scope, value, { aad: '', token })
}

/** HMAC-SHA-256 of a text by the scope's key of each secret, base64url: the first secret's first. */
export function keyedHashes(ring: KeyRing, scope: SealScope, text: string): readonly [string, ...string[]] {
  const hashBy = (key: RingKey): string =>
    createHmac('sha256', scopeKey(key, scope)).update(text).digest('base64url')
  const others = [...ring.opening.values()].filter((key) => key !== ring.sealing).toReversed()
  return [hashBy(ring.sealing), ...others.map(hashBy)]
}

/** As JWE has it behind the header (RFC 7516 5.1, step 14). */
function associated(place: string): string {
  return `.${Buffer.from(place, 'utf8').toString('base64url')}`
}

interface Beside {
  /** What is authenticated beside the text. */
  readonly aad: string
  /** Goes into the key; absent: the scope's own key. */
  readonly token?: string
}

function encrypt(
  ring: KeyRing,
  scope: SealScope,
  text: string,
  { aad, token, random }: Beside & { readonly random: Random },
): string {
  const { header } = ring.sealing
  const iv = random(ivBytes)
  const key = keyWith(scopeKey(ring.sealing, scope), token)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(header + aad, 'ascii'))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const parts = [header, '', iv.toString('base64url'), ciphertext.toString('base64url')]
  return [...parts, cipher.getAuthTag().toString('base64url')].join('.')
}

function decrypt(ring: KeyRing, scope: SealScope, value: string, { aad, token }: Beside): Opened {
  const [header = '', encryptedKey, iv = '', ciphertext = '', tag = '', ...more] = value.split('.', 6)
  // The header is one that we wrote, letter by letter, or none: no client chooses an algorithm (RFC 8725 3.1).
  const key = ring.opening.get(header)
  if (key === undefined || encryptedKey !== '' || more.length > 0) return refused
  const bytes = { iv: decode(iv), ciphertext: decode(ciphertext), tag: decode(tag) }
  if (bytes.iv?.length !== ivBytes || bytes.tag?.length !== tagBytes || bytes.ciphertext === null)
    return refused
  try {
    const options = { authTagLength: tagBytes }
    const decipher = createDecipheriv('aes-256-gcm', keyWith(scopeKey(key, scope), token), bytes.iv, options)
    decipher.setAAD(Buffer.from(header + aad, 'ascii')).setAuthTag(bytes.tag)
    const text = Buffer.concat([decipher.update(bytes.ciphertext), decipher.final()]).toString('utf8')
    return { ok: true, text, stale: key !== ring.sealing }
  } catch {
    return refused
  }
}

/** SHA-256: names a secret value without telling it. */
export function fingerprint(text: string, encoding: 'base64url' | 'hex'): string {
  return createHash('sha256').update(text).digest(encoding)
}

/** Whether two texts are equal, in a time that depends on neither. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function ringKey(secret: Secret): RingKey {
  const key = createSecretKey(Buffer.from(secret.reveal(), 'utf8'))
  const kid = Buffer.from(derive(key, ['key id']))
    .toString('base64url')
    .slice(0, 8)
  const header = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid })).toString('base64url')
  return { header, kid, secret: key, byScope: new Map() }
}

function scopeKey(key: RingKey, scope: SealScope): KeyObject {
  const name = JSON.stringify([scope.purpose, ...scope.context])
  const known = key.byScope.get(name)
  if (known !== undefined) return known
  const derived = createSecretKey(Buffer.from(derive(key.secret, [scope.purpose, ...scope.context])))
  key.byScope.set(name, derived)
  return derived
}

/** Remembered nowhere: tokens come without end. */
function keyWith(key: KeyObject, token: string | undefined): KeyObject {
  if (token === undefined) return key
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, token, 'token', 32)))
}

/** RFC 5869. The label is JSON, so that no part can run into the next, and hashed, as `info` may not be long. */
function derive(secret: KeyObject, label: readonly string[]): ArrayBuffer {
  const info = createHash('sha256')
    .update(JSON.stringify([format, ...label]))
    .digest()
  return hkdfSync('sha256', secret, Buffer.alloc(0), info, 32)
}

/** Bytes of canonical base64url, or null: a second spelling of the same bytes would be a second cookie. */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
