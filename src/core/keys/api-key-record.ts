import { isList, isObject, type Json } from '../json.ts'
import { readJsonObject } from '../json-object.ts'
import { limits } from '../limits/table.ts'
import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import type { ApiKey, KeyOwner, KeySecret } from './api-key.ts'
import { isKeyId, isKeyPrefix } from './key-form.ts'

/** The number of the stored form. */
const format = 1

/** The stored form: JSON with a format number. */
export function encodeApiKey(key: ApiKey): string {
  return JSON.stringify({ format, ...key })
}

/** Whether it is more than a store keeps. */
export function isTooLarge(key: ApiKey): boolean {
  return Buffer.byteLength(encodeApiKey(key)) > limits.keyRecordBytes
}

/**
 * A key from its stored form. Null for what is damaged, of another format, or has a member that this version does not
 * know: a restriction that is not understood is never left out. Never throws.
 */
export function decodeApiKey(text: string): ApiKey | null {
  const record = readJsonObject(text)
  if (record === null || record.format !== format) return null
  const { format: _, ...rest } = record
  return readApiKey(rest)
}

const members: readonly (keyof ApiKey)[] = [
  ...(['id', 'prefix', 'name', 'owner', 'claims', 'claimsAt', 'asleep', 'secrets'] as const),
  ...(['createdAt', 'expiresAt', 'revokedAt', 'apps', 'methods', 'from', 'origins'] as const),
]

/** The same without the number, of what was read already. */
function readApiKey(record: Readonly<Record<string, Json>>): ApiKey | null {
  if (!hasExactly(record, members)) return null
  const { id, prefix, name, claims, claimsAt, asleep, createdAt, expiresAt, revokedAt } = record
  const owner = readOwner(record.owner)
  const secrets = readSecrets(record.secrets)
  const { apps, methods, from, origins } = record
  if (!isText(id) || !isKeyId(id) || !isText(prefix) || !isKeyPrefix(prefix) || !isText(name)) return null
  if (owner === null || !isClaims(claims) || typeof asleep !== 'boolean' || secrets === null) return null
  if (!isTime(claimsAt) || !isTime(createdAt) || !isTimeOrNull(expiresAt) || !isTimeOrNull(revokedAt))
    return null
  if (!isTextsOrNull(apps) || !isTextsOrNull(methods) || !isTextsOrNull(from) || !isTexts(origins))
    return null
  const times = { claimsAt, createdAt, expiresAt, revokedAt }
  return { id, prefix, name, owner, claims, asleep, secrets, ...times, apps, methods, from, origins }
}

function readOwner(value: Json | undefined): KeyOwner | null {
  if (!isRecord(value) || !isText(value.user) || value.user === '') return null
  const { kind, user, issuer, clientId } = value
  if (kind === 'operator') return hasExactly(value, ['kind', 'user']) ? { kind, user } : null
  if (kind !== 'person' || !isText(issuer) || !isText(clientId)) return null
  return hasExactly(value, ['kind', 'user', 'issuer', 'clientId']) ? { kind, issuer, clientId, user } : null
}

function readSecrets(value: Json | undefined): readonly KeySecret[] | null {
  if (value === undefined || !isList(value) || value.length === 0) return null
  const secrets = value.flatMap((one) => readSecret(one) ?? [])
  return secrets.length === value.length ? secrets : null
}

function readSecret(value: Json): KeySecret | null {
  if (!isRecord(value) || !hasExactly(value, ['hash', 'until'])) return null
  const { hash, until } = value
  return isText(hash) && /^[\w-]{43}$/.test(hash) && isTimeOrNull(until) ? { hash, until } : null
}

function hasExactly(record: object, names: readonly string[]): boolean {
  const found = Object.keys(record)
  return found.length === names.length && names.every((name) => Object.hasOwn(record, name))
}

function isRecord(value: unknown): value is Readonly<Record<string, Json>> {
  return isObject(value)
}

function isClaims(value: unknown): value is Claims {
  return isObject(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function isTextsOrNull(value: unknown): value is readonly string[] | null {
  return value === null || isTexts(value)
}

function isTime(value: unknown): value is EpochSeconds {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isTimeOrNull(value: unknown): value is EpochSeconds | null {
  return value === null || isTime(value)
}
