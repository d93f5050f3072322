import { limits } from '../limits/table.ts'
import type { Random } from './seal.ts'
import { newSessionId } from './session.ts'

/**
 * Whose a session was, as its cookie goes on saying when the store has forgotten the session: behind the random part of
 * its id. The id is sealed, and the store knows its hash alone.
 */
export interface SessionOwner {
  /** See `account-hash`. */
  readonly account: string
  /** What the person was called then, for the page that asks whether a form is to be sent; null: too long. */
  readonly name: string | null
}

/** A new id that says whose it is. */
export function newOwnedSessionId({ account, name }: SessionOwner, random: Random): string {
  const text = Buffer.from(name ?? '')
  const shown = text.length <= limits.ownerNameBytes ? text.toString('base64url') : ''
  return `${newSessionId(random)}.${account}.${shown}`
}

const form = /^[\w-]{43}\.([\w-]{43})\.([\w-]*)$/

/** Null: it does not say. Ids of former versions are their random part alone. */
export function readSessionOwner(id: string): SessionOwner | null {
  const [, account, name] = form.exec(id) ?? []
  if (account === undefined || name === undefined) return null
  return { account, name: name === '' ? null : Buffer.from(name, 'base64url').toString('utf8') }
}
