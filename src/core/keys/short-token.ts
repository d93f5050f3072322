import { parseJson } from '../json.ts'
import { limits } from '../limits/table.ts'
import { openCompact, sealCompact } from '../session/compact-seal.ts'
import type { KeyRing, Random, SealScope } from '../session/seal.ts'
import type { EpochSeconds } from '../session/session.ts'
import { isKeyId } from './key-form.ts'
import { type ShortTokenKind, shortTokenKind, shortTokenStart } from './short-token-form.ts'

/**
 * What a token of our token endpoint says. It holds no claims and no right of its own: what it opens is judged at each
 * use by the key as it is then.
 */
export interface ShortToken {
  readonly of: ShortTokenKind
  readonly keyId: string
  /** Of the secret that it was asked for with: it dies with that too. */
  readonly secretHash: string
  /** The origin of ours that gave it. It opens nothing at another one. */
  readonly at: string
  readonly issuedAt: EpochSeconds
  readonly endsAt: EpochSeconds
  /** What it was narrowed to; null: it has the scopes of its key. */
  readonly scopes: readonly string[] | null
  /** Of a widget: the origin of the page that uses it. Null: it is no widget's. */
  readonly origin: string | null
  /** Of a widget: for whom, as whoever asked for it says. */
  readonly endUser: string | null
}

/** Sealed with the first secret: `cgt_…`. Throws a RangeError when it would be longer than `limits.shortTokenBytes`. */
export function sealShortToken(token: ShortToken, ring: KeyRing, random: Random): string {
  const { of, keyId, secretHash, at, issuedAt, endsAt, scopes, origin, endUser } = token
  const text = JSON.stringify([format, keyId, secretHash, at, issuedAt, endsAt, scopes, origin, endUser])
  const start = shortTokenStart(of)
  const mostBytes = limits.shortTokenBytes - start.length
  return start + sealCompact(ring, scopeOf(of), text, { random, mostBytes })
}

/** What somebody sent, by every secret. Null: it is none of ours, or of another kind than its letter says. Never throws. */
export function openShortToken(text: string, ring: KeyRing): ShortToken | null {
  const of = shortTokenKind(text)
  if (of === null) return null
  const opened = openCompact(ring, scopeOf(of), text.slice(shortTokenStart(of).length))
  return opened.ok ? readShortToken(of, opened.text) : null
}

/** The number of what is sealed. */
const format = 1

/** The letter is bound by the seal: who changes it has no token of the other kind. */
function scopeOf(of: ShortTokenKind): SealScope {
  return scopes[of]
}

const scopes: Readonly<Record<ShortTokenKind, SealScope>> = {
  api_key: { purpose: 'short-token', context: ['api_key'] },
  widget: { purpose: 'short-token', context: ['widget'] },
}

/** Another version may have sealed it: what is not wholly understood is nothing. */
function readShortToken(of: ShortTokenKind, text: string): ShortToken | null {
  const parts: unknown = parseJson(text)
  if (!Array.isArray(parts) || parts.length !== 9 || parts[0] !== format) return null
  const [, keyId, secretHash, at, issuedAt, endsAt, narrowed, origin, endUser]: readonly unknown[] = parts
  if (!isText(keyId) || !isKeyId(keyId) || !isText(secretHash) || !isText(at)) return null
  if (!isTime(issuedAt) || !isTime(endsAt) || !isTextsOrNull(narrowed)) return null
  if (!isTextOrNull(origin) || !isTextOrNull(endUser)) return null
  if ((of === 'widget') !== (origin !== null) || (origin === null && endUser !== null)) return null
  return { of, keyId, secretHash, at, issuedAt, endsAt, scopes: narrowed, origin, endUser }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value)
}

function isTextsOrNull(value: unknown): value is readonly string[] | null {
  return value === null || (Array.isArray(value) && value.every(isText))
}

function isTime(value: unknown): value is EpochSeconds {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
