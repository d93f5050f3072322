import type { ProviderLogout, Revocation } from '../../core/ports.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import type { SeenMarks, Session } from '../../core/session/session.ts'
import type { Keys } from './keys.ts'
import { textOrNothing } from './reply.ts'
import type { KeyedCommand } from './servers.ts'

/**
 * Marks end sessions by what they are of, whether their records are there or come back: a failover may lose that a
 * record was removed, and who can write may put one back.
 *
 * A revocation leaves a random value. A session keeps those that it found as it was saved, and lives as long as it finds
 * no other: no clock is compared. A logout at a provider leaves the `iat` of its token, which is held against that of the
 * session's ID token: the provider's clock on both sides.
 */
export type MarkedSession = Pick<
  Session,
  'issuer' | 'clientId' | 'user' | 'subject' | 'sid' | 'idTokenIssuedAt' | 'marks'
>

/** Of whom a mark can stand; single sessions have tombstones of their own. */
export type RevokedByMark = Exclude<Revocation, { readonly by: 'key' | 'keys' }>

/** Where the mark of a revocation stands. */
export function markOf(seal: RecordSeal, which: RevokedByMark): string {
  switch (which.by) {
    case 'user': {
      const { user, provider } = which
      return seal.index('user', provider === undefined ? [user] : [provider.issuer, provider.clientId, user])
    }
    case 'provider':
      return seal.index('provider', [which.provider.issuer, which.provider.clientId])
    case 'all':
      return everybody
  }
}

/** The same at whatever secret: it names nobody. */
const everybody = 'all'

/** Where the marks of a logout stand: with `subject` and `sid` two, as sessions without a `sid` are meant too. */
export function marksOfLogout(
  seal: RecordSeal,
  { issuer, subject, sid }: Pick<ProviderLogout, 'issuer' | 'subject' | 'sid'>,
): readonly string[] {
  if (subject === null) return sid === null ? [] : [seal.index('sid', [issuer, sid])]
  if (sid === null) return [seal.index('subject', [issuer, subject])]
  return [seal.index('sid', [issuer, subject, sid]), seal.index('subject', [issuer, subject, ''])]
}

/** What to read to know whether a session is ended by a mark: `judge` takes the replies. */
export interface MarkQuery {
  readonly commands: readonly KeyedCommand[]
  /** The revocations that stand: what a session keeps as it is saved. */
  seen(replies: readonly unknown[]): SeenMarks
  /** Whether one of them ends it. */
  ends(replies: readonly unknown[]): boolean
  /** Whether the mark of a logout does: also of a session that is about to be saved. */
  loggedOut(replies: readonly unknown[]): boolean
}

export function queryMarks(seal: RecordSeal, keys: Keys, session: MarkedSession): MarkQuery {
  const marks = revocationsOf(seal, session)
  const logouts = logoutsOf(seal, session)
  const marked = (replies: readonly unknown[]) =>
    marks.flatMap((name, at) => {
      const value = textOrNothing(replies[at])
      return value === null ? [] : [[name, value] as const]
    })
  const loggedOut = (replies: readonly unknown[]) =>
    logouts.some((_, at) => {
      const issuedBy = textOrNothing(replies[marks.length + at])
      return issuedBy !== null && !(Number(issuedBy) < session.idTokenIssuedAt)
    })
  return {
    commands: [
      ...marks.map((name): KeyedCommand => ({ key: keys.mark(name), command: ['GET', keys.mark(name)] })),
      ...logouts.map(
        (name): KeyedCommand => ({ key: keys.logout(name), command: ['ZSCORE', keys.logout(name), 'iat'] }),
      ),
    ],
    seen: (replies) => Object.fromEntries(marked(replies)),
    ends: (replies) =>
      marked(replies).some(([name, value]) => session.marks[name] !== value) || loggedOut(replies),
    loggedOut,
  }
}

function revocationsOf(seal: RecordSeal, { issuer, clientId, user }: MarkedSession): readonly string[] {
  return [
    everybody,
    ...seal.indexes('provider', [issuer, clientId]),
    ...seal.indexes('user', [issuer, clientId, user]),
    ...seal.indexes('user', [user]),
  ]
}

function logoutsOf(seal: RecordSeal, { issuer, subject, sid }: MarkedSession): readonly string[] {
  const ofSubject = seal.indexes('subject', [issuer, subject])
  if (sid === null) return [...ofSubject, ...seal.indexes('subject', [issuer, subject, ''])]
  return [...ofSubject, ...seal.indexes('sid', [issuer, sid]), ...seal.indexes('sid', [issuer, subject, sid])]
}
