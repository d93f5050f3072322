import { type CommandRecord, encodeCommandRecord } from '../core/command-record.ts'
import { type AnyFault, isFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type { SessionStore, StoredSession } from '../core/ports.ts'
import type { ProviderId } from '../core/provider-id.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { showOwn } from '../core/show.ts'
import { seeEach } from './loaded-sessions.ts'
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

/** What was done, and what kept the store from doing the rest; null: nothing did. */
export interface Revoked {
  readonly done: readonly Done[]
  readonly fault: AnyFault | null
}

/**
 * Ends what is meant, and says what was done: all ids or none, as whoever asks for three people to be signed out should
 * not have to find out who was. A text says why nothing was. Throws a StoreFault when nothing was done.
 */
export async function revokeSessions(place: SessionPlace, which: MeantSessions): Promise<Revoked | string> {
  if (which.kind === 'whose') return revokeWhose(place, which)
  const { store, gateway } = place
  const meant = await meantSessions(place, which)
  if (typeof meant === 'string') return meant
  const { ended, fault } = await revokeEach(store, meant)
  const done = ended.map((one): Done => {
    const provider = providerOf(gateway, one)?.name ?? null
    return { which: 'id', session: one.key, user: one.user, provider, revoked: 1 }
  })
  return { done, fault }
}

async function revokeWhose(place: SessionPlace, whose: Whose): Promise<Revoked> {
  const { store, gateway } = place
  const { user, claim, provider } = whose
  if (claim !== null) {
    const { revoked, fault } = await revokeMany(store, await sessionsOf(place, whose))
    return { done: [{ which: 'claim', claim: loggedClaim(gateway, claim), provider, revoked }], fault }
  }
  const { provider: id } = idOf(gateway, provider)
  const ofProvider = id === undefined ? ({ by: 'all' } as const) : ({ by: 'provider', provider: id } as const)
  const revoked = await store.revoke(
    user === null ? ofProvider : { by: 'user', user, ...idOf(gateway, provider) },
  )
  if (user !== null) return { done: [{ which: 'user', user, provider, revoked }], fault: null }
  return { done: [{ which: ofProvider.by, provider, revoked }], fault: null }
}

/** A log that does not name people has no value of a claim either that says who somebody is. */
function loggedClaim({ log, providers }: Gateway, { path, shown }: ClaimWanted): string {
  if (log.subject === 'plain') return shown
  const isUserId = [...providers.values()].some(({ userId }) => userId === path)
  return isUserId || namesPeople.has(path) ? `${showOwn(path)}=…` : shown
}

/** OpenID Connect Core 5.1: claims that one person has, and nobody else. */
const namesPeople: ReadonlySet<string> = new Set(['sub', 'email', 'preferred_username', 'phone_number'])

/** Sessions that end in one step. */
const atOnce = limits.removedSessions

/** One by one, as each is told by itself; up to the first that the store does not end. */
async function revokeEach(
  store: Pick<SessionStore, 'revoke'>,
  sessions: readonly StoredSession[],
): Promise<{ readonly ended: readonly StoredSession[]; readonly fault: AnyFault | null }> {
  const ended: StoredSession[] = []
  try {
    for (const one of sessions) if ((await store.revoke({ by: 'key', key: one.key })) > 0) ended.push(one)
    return { ended, fault: null }
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return { ended, fault: thrown }
  }
}

/** In pieces, up to the first that the store does not end: those that did end are told all the same. */
async function revokeMany(
  store: Pick<SessionStore, 'revoke'>,
  sessions: readonly StoredSession[],
): Promise<{ readonly revoked: number; readonly fault: AnyFault | null }> {
  let revoked = 0
  try {
    for (let at = 0; at < sessions.length; at += atOnce) {
      const keys = sessions.slice(at, at + atOnce).map(({ key }) => key)
      revoked += await store.revoke({ by: 'keys', keys })
    }
    return { revoked, fault: null }
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return { revoked, fault: thrown }
  }
}

async function withClaim(
  store: Pick<SessionStore, 'load'>,
  sessions: readonly StoredSession[],
  claim: ClaimWanted,
): Promise<readonly StoredSession[]> {
  const found = await seeEach(store, sessions, (one, session) =>
    session !== null && hasClaim(session.claims, claim) ? one : null,
  )
  return found.filter((one) => one !== null)
}

/** Sessions know who their provider is; what it is called, the configuration of today says. */
export function idOf(gateway: Gateway, name: string | null): { readonly provider?: ProviderId } {
  const provider = gateway.providers.get(name ?? '')
  return provider === undefined ? {} : { provider }
}

/** For the log of the gateway, which takes it from the store. */
export function commandRecords(done: readonly Done[], now: EpochSeconds): readonly string[] {
  const by = { event: 'sessions.revoked', at: now, ...whoRuns() } as const
  const nobody = { user: null, claim: null, provider: null, session: null }
  return done.map((one) => encodeCommandRecord({ ...by, ...nobody, ...one }))
}
