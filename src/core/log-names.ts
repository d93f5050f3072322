import { createHmac } from 'node:crypto'
import type { SessionKey } from './session/session.ts'

/**
 * By what name the log calls a person: the same for one user id as long as the key stays the same. Providers are not
 * part of it, as a user id bears its provider's prefix.
 */
export function subjectHash(key: string, user: string): string {
  return createHmac('sha256', key).update(user).digest('base64url').slice(0, 16)
}

/**
 * By what name lines and commands call a session, made with a key of its own so that no user id yields one. It opens
 * nothing: the cookie holds the sealed id, the store has the id's hash, and this is a keyed hash of that.
 */
export function sessionNames(key: string): (session: SessionKey) => string {
  const own = createHmac('sha256', key).update('claimgate log session').digest()
  return (session) => createHmac('sha256', own).update(session).digest('hex').slice(0, sessionNameLength)
}

/** Hexadecimal, so that its beginning can be typed on a command line; 48 bits tell a gateway's sessions apart. */
const sessionNameLength = 12
