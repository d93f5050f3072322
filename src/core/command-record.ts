import { isObject, parseJson } from './json.ts'
import { limits } from './limits/table.ts'
import type { EpochSeconds, SessionKey } from './session/session.ts'

/**
 * What a command did, left in the store for the log of the gateway. Names of people and sessions are the store's own.
 */
export interface CommandRecord {
  readonly event: 'sessions.revoked'
  readonly at: EpochSeconds
  /** The system user who ran it, and the machine. */
  readonly operator: string
  readonly machine: string
  readonly which: (typeof whichSessions)[number]
  /** Whose sessions; null: of nobody in particular. */
  readonly user: string | null
  /** The claim that they had, as a log shows it; null: any. */
  readonly claim: string | null
  /** What the provider is called in the configuration; null: any, or one that is gone. */
  readonly provider: string | null
  readonly session: SessionKey | null
  /** How many sessions ended. */
  readonly revoked: number
  /** How many keys of the person were put to sleep; absent: keys were not meant. */
  readonly keys?: number
}

const whichSessions = ['id', 'user', 'claim', 'provider', 'all'] as const

const format = 1

/** As it stands in the store. A text of the system is cut, and holds no character that speaks to a terminal. */
export function encodeCommandRecord(record: CommandRecord): string {
  const { operator, machine, claim } = record
  const texts = {
    operator: plain(operator),
    machine: plain(machine),
    claim: claim === null ? null : plain(claim),
  }
  return JSON.stringify({ format, ...record, ...texts })
}

function plain(text: string): string {
  return text.replaceAll(odd, '?').slice(0, limits.commandTextCharacters)
}

const odd = /[\p{C}\p{Zl}\p{Zp}]/gu

/**
 * A record from the store, which whoever can write there may have made up: its parts are of their kind and size, or it
 * is none. Never throws.
 */
export function decodeCommandRecord(text: string): CommandRecord | null {
  const found = text.length > limits.commandRecordBytes ? null : parseJson(text)
  if (!isObject(found) || found.format !== format || found.event !== 'sessions.revoked') return null
  const { at, operator, machine, user, provider, session, revoked } = found
  // Older versions know of none.
  const claim = found.claim ?? null
  const which = whichSessions.find((one) => one === found.which)
  if (!isCount(at) || !isCount(revoked) || !isName(operator) || !isName(machine)) return null
  if (which === undefined || (claim !== null && !isName(claim))) return null
  if (user !== null && typeof user !== 'string') return null
  if (provider !== null && !isName(provider)) return null
  if (session !== null && !isSessionKey(session)) return null
  const { keys } = found
  if (keys !== undefined && !isCount(keys)) return null
  const asleep = keys === undefined ? {} : { keys }
  return {
    event: found.event,
    at,
    operator,
    machine,
    which,
    user,
    claim,
    provider,
    session,
    revoked,
    ...asleep,
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.commandTextCharacters && value === plain(value)
}

function isSessionKey(value: unknown): value is SessionKey {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}
