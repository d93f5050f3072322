import type { ProviderLogout } from '../../core/ports.ts'
import type { ProviderId } from '../../core/provider-id.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import type { Session } from '../../core/session/session.ts'

/** What of a session it is found by. */
export type IndexedSession = Pick<Session, 'issuer' | 'clientId' | 'user' | 'subject' | 'sid'>

/** By the first secret: where a session is put down as it is saved. */
export function indexesOf(seal: RecordSeal, session: IndexedSession): readonly string[] {
  const { issuer, subject, sid } = session
  return [
    personOf(seal, session),
    seal.index('subject', [issuer, subject]),
    ...(sid === null ? [] : [seal.index('sid', [issuer, sid])]),
  ]
}

/** By every secret: where it may stand. */
export function everyIndexOf(seal: RecordSeal, session: IndexedSession): readonly string[] {
  const { issuer, subject, sid } = session
  return [
    ...everyPersonOf(seal, session, session.user),
    ...seal.indexes('subject', [issuer, subject]),
    ...(sid === null ? [] : seal.indexes('sid', [issuer, sid])),
  ]
}

/** The sessions of one person at one provider. */
export function personOf(seal: RecordSeal, { issuer, clientId, user }: IndexedSession): string {
  return seal.index('user', [issuer, clientId, user])
}

export function everyPersonOf(seal: RecordSeal, provider: ProviderId, user: string): readonly string[] {
  return seal.indexes('user', [provider.issuer, provider.clientId, user])
}

/** Where the sessions that a logout may mean are found. */
export function indexesOfLogout(
  seal: RecordSeal,
  { issuer, subject, sid }: Pick<ProviderLogout, 'issuer' | 'subject' | 'sid'>,
): readonly string[] {
  if (subject !== null) return seal.indexes('subject', [issuer, subject])
  return sid === null ? [] : seal.indexes('sid', [issuer, sid])
}
