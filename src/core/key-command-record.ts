import { isObject, parseJson } from './json.ts'
import { isKeyId } from './keys/key-form.ts'
import { limits } from './limits/table.ts'
import type { EpochSeconds } from './session/session.ts'

/** What a command did with an API key, left in the session store for the log of the gateway. No secret, and no hash. */
export interface KeyCommandRecord {
  readonly event: (typeof keyEvents)[number]
  readonly at: EpochSeconds
  /** The system user who ran it, and the machine. */
  readonly operator: string
  readonly machine: string
  /** The id of the key. */
  readonly key: string
  /** What it is called. */
  readonly name: string
  /** Whose it is, as apps see it. */
  readonly user: string
}

const keyEvents = ['key.created', 'key.rotated', 'key.changed', 'key.revoked'] as const

const format = 1

/** As it stands in the store. A text is cut, and holds no character that speaks to a terminal. */
export function encodeKeyCommandRecord(record: KeyCommandRecord): string {
  const { operator, machine, name } = record
  return JSON.stringify({
    format,
    ...record,
    operator: plain(operator),
    machine: plain(machine),
    name: plain(name),
  })
}

function plain(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').slice(0, limits.commandTextCharacters)
}

/**
 * A record from the store, which whoever can write there may have made up: its parts are of their kind and size, or it
 * is none. Never throws.
 */
export function decodeKeyCommandRecord(text: string): KeyCommandRecord | null {
  const found = text.length > limits.commandRecordBytes ? null : parseJson(text)
  if (!isObject(found) || found.format !== format) return null
  const { at, operator, machine, key, name, user } = found
  const event = keyEvents.find((one) => one === found.event)
  if (event === undefined || !Number.isSafeInteger(at) || Number(at) < 0) return null
  if (!isShort(operator) || !isShort(machine) || !isShort(name)) return null
  if (typeof key !== 'string' || !isKeyId(key) || typeof user !== 'string') return null
  return { event, at: Number(at), operator, machine, key, name, user }
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.commandTextCharacters && value === plain(value)
}
