import { type CommandRecord, encodeCommandRecord } from '../core/command-record.ts'
import type { Gateway } from '../core/gateway.ts'
import type { SessionStore, StoredSession } from '../core/ports.ts'
import type { ProviderId } from '../core/provider-id.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { whoRuns } from './operator.ts'
import { findByPrefix, providerOf, type SessionNaming } from './session-list.ts'
import { type ClaimWanted, hasClaim, type MeantSessions, type Whose } from './session-task.ts'

/** Where sessions are looked for, and what they are called. */
export interface SessionPlace extends SessionNaming {
  readonly store: SessionStore
}

/** What a record says of a revocation beside who did it, and when. */
export type Done = Pick<CommandRecord, 'which' | 'revoked'> & Partial<CommandRecord>

/** Sessions of these people that are in the store, newest first. Throws a StoreFault. */
export async function sessionsOf(place: SessionPlace, whose: Whose): Promise<readonly StoredSession[]> {
  const { store, gateway } = place
  const { user, claim, provider } = whose
  const sessions = await store.list({ ...(user === null ? {} : { user }), ...idOf(gateway, provider) })
  return claim === null ? sessions : withClaim(store, sessions, claim)
}

/** The sessions that are meant, or why it is not clear which. Throws a StoreFault. */
export async function meantSessions(
  place: SessionPlace,
  which: MeantSessions,
): Promise<readonly StoredSession[] | string> {
  if (which.kind === 'whose') return sessionsOf(place, which)
  const sessions = await place.store.list({})
  const found = which.ids.map((id) => findByPrefix(sessions, id, place))
  const faults = found.filter((one) => typeof one === 'string')
  if (faults.length > 0) return faults.join('\n')
  return [...new Map(found.flatMap((one) => (typeof one === 'string' ? [] : [[one.key, one]]))).values()]
}

/**
 * Ends what is meant, and says what was done: all ids or none, as whoever asks for three people to be signed out should
 * not have to find out who was. A text says why nothing was. Throws a StoreFault.
 */
export async function revokeSessions(
  place: SessionPlace,
  which: MeantSessions,
): Promise<readonly Done[] | string> {
  if (which.kind === 'whose') return [await revokeWhose(place, which)]
  const { store, gateway } = place
  const meant = await meantSessions(place, which)
  if (typeof meant === 'string') return meant
  const done: Done[] = []
  for (const one of meant) {
    if ((await store.revoke({ by: 'key', key: one.key })) === 0) continue
    const provider = providerOf(gateway, one)?.name ?? null
    done.push({ which: 'id', session: one.key, user: one.user, provider, revoked: 1 })
  }
  return done
}

async function revokeWhose(place: SessionPlace, whose: Whose): Promise<Done> {
  const { store, gateway } = place
  const { user, claim, provider } = whose
  if (user !== null) {
    const revoked = await store.revoke({ by: 'user', user, ...idOf(gateway, provider) })
    return { which: 'user', user, provider, revoked }
  }
  if (claim === null && provider === null) return { which: 'all', revoked: await store.revoke({ by: 'all' }) }
  let revoked = 0
  for (const { key } of await sessionsOf(place, whose)) revoked += await store.revoke({ by: 'key', key })
  return { which: claim === null ? 'provider' : 'claim', claim: claim?.shown ?? null, provider, revoked }
}

/** One after the other: all claims of all people at once would take much more memory than who has this one. */
async function withClaim(
  store: Pick<SessionStore, 'load'>,
  sessions: readonly StoredSession[],
  claim: ClaimWanted,
): Promise<readonly StoredSession[]> {
  const found: StoredSession[] = []
  for (const one of sessions) {
    const session = await store.load(one.key)
    if (session !== null && hasClaim(session.claims, claim)) found.push(one)
  }
  return found
}

/** Sessions know who their provider is; what it is called, the configuration of today says. */
function idOf(gateway: Gateway, name: string | null): { readonly provider?: ProviderId } {
  const provider = gateway.providers.get(name ?? '')
  return provider === undefined ? {} : { provider }
}

/** For the log of the gateway, which takes it from the store. */
export function commandRecords(done: readonly Done[], now: EpochSeconds): readonly string[] {
  const by = { event: 'sessions.revoked', at: now, ...whoRuns() } as const
  const nobody = { user: null, claim: null, provider: null, session: null }
  return done.map((one) => encodeCommandRecord({ ...by, ...nobody, ...one }))
}
