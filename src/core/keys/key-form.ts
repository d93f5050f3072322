import { crc32 } from 'node:zlib'
import type { Random } from '../session/seal.ts'

/**
 * How a key of ours is written: `<prefix>_<id>_<secret>_<checksum>`, or `<prefix>_<id>` beside the secret as user name
 * and password of Basic (RFC 7617). What it is, is told by this form alone, before anything is looked up.
 */
export interface PresentedKey {
  readonly prefix: string
  readonly id: string
  readonly secret: string
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 16
/** 43 characters of 62 are more than 256 bits. */
const secretLength = 43
const checksumLength = 6

const prefixForm = /^[a-z0-9]{2,8}$/
const idForm = /^[0-9A-Za-z]{16}$/
const secretForm = /^[0-9A-Za-z]{43}$/

/** What `api_keys.prefix` may be. */
export function isKeyPrefix(text: string): boolean {
  return prefixForm.test(text)
}

/** What may stand behind the prefix. */
export function isKeyId(text: string): boolean {
  return idForm.test(text)
}

/** The part of a key that is secret. */
function isKeySecret(text: string): boolean {
  return secretForm.test(text)
}

/**
 * A whole key. Null: it does not begin with a prefix of ours. `malformed`: it does, and is none: cut off, mistyped, or
 * made up. That costs no look-up, and the answer says nothing about any key.
 */
export function parseKey(text: string, prefixes: readonly string[]): PresentedKey | 'malformed' | null {
  if (!startsAsOurs(text, prefixes)) return null
  const [prefix = '', id = '', secret = '', checksum = '', ...more] = text.split('_', 5)
  if (more.length > 0 || !isKeyId(id) || !isKeySecret(secret)) return 'malformed'
  return checksum === checksumOf({ prefix, id, secret }) ? { prefix, id, secret } : 'malformed'
}

/** `<prefix>_<id>`, as Basic has it; null and `malformed` as for `parseKey`. */
export function parseKeyId(
  text: string,
  prefixes: readonly string[],
): Pick<PresentedKey, 'prefix' | 'id'> | 'malformed' | null {
  if (!startsAsOurs(text, prefixes)) return null
  const [prefix = '', id = '', ...more] = text.split('_', 3)
  return more.length === 0 && isKeyId(id) ? { prefix, id } : 'malformed'
}

/** Key and secret apart, as Basic has them. Its checksum is not there: the secret has the right length, or is `malformed`. */
export function parseKeyPair(
  idText: string,
  secret: string,
  prefixes: readonly string[],
): PresentedKey | 'malformed' | null {
  const parsed = parseKeyId(idText, prefixes)
  if (parsed === null || parsed === 'malformed') return parsed
  return isKeySecret(secret) ? { ...parsed, secret } : 'malformed'
}

/** The whole key as its owner gets it. */
export function formatKey(key: PresentedKey): string {
  return `${textBeforeChecksum(key)}_${checksumOf(key)}`
}

/** The part that names a key and opens nothing: `<prefix>_<id>`. */
export function formatKeyId({ prefix, id }: Pick<PresentedKey, 'prefix' | 'id'>): string {
  return `${prefix}_${id}`
}

export function newKeyId(random: Random): string {
  return randomText(idLength, random)
}

export function newKeySecret(random: Random): string {
  return randomText(secretLength, random)
}

/** Every text of this length is as likely as any other: of 64 values of a byte those two that no character has are left out. */
function randomText(length: number, random: Random): string {
  let text = ''
  while (text.length < length)
    for (const byte of random(length)) {
      if (text.length === length) break
      text += alphabet[byte & 63] ?? ''
    }
  return text
}

function startsAsOurs(text: string, prefixes: readonly string[]): boolean {
  const end = text.indexOf('_')
  return end !== -1 && prefixes.includes(text.slice(0, end))
}

function textBeforeChecksum({ prefix, id, secret }: PresentedKey): string {
  return `${prefix}_${id}_${secret}`
}

/** CRC-32 (ISO 3309, as in zip) of everything before it, in base 62, the highest digit first. */
function checksumOf(key: PresentedKey): string {
  let rest = crc32(textBeforeChecksum(key))
  let text = ''
  for (let at = 0; at < checksumLength; at++) {
    text = (alphabet[rest % 62] ?? '') + text
    rest = Math.floor(rest / 62)
  }
  return text
}
