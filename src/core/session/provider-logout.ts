import type { ProviderLogout } from '../ports.ts'
import type { Session } from './session.ts'

/** What of a session a logout at its provider is held against. */
export type LoggedOutSession = Pick<Session, 'issuer' | 'subject' | 'sid' | 'idTokenIssuedAt'>

/** How long a logout ends sessions that are saved after it: longer than an ID token may be old at its sign-in. */
export const logoutMarkSeconds = 1200

/**
 * Whether a logout ends a session (Back-Channel Logout 1.0 2.6): one of that person whose `sid` is named, or is not known;
 * without a `sid`, each of that person; by `sid` alone, the one that it names. What began later at the provider lives.
 */
export function isMeant(
  { issuer, subject, sid, issuedBy }: Omit<ProviderLogout, 'jti' | 'at'>,
  session: LoggedOutSession,
): boolean {
  if (session.issuer !== issuer || session.idTokenIssuedAt > issuedBy) return false
  if (subject === null) return sid !== null && session.sid === sid
  return session.subject === subject && (sid === null || session.sid === null || session.sid === sid)
}
