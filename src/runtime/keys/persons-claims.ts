import type { Gateway, ProviderSettings } from '../../core/gateway.ts'
import type { SelfServiceSettings } from '../../core/keys/api-key-settings.ts'
import { copiedClaims } from '../../core/keys/copied-claims.ts'
import type { SessionStore, StoredSession } from '../../core/ports.ts'
import { seenClaims, toPrincipal } from '../../core/principal.ts'
import { findProvider } from '../../core/provider-id.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { judge } from '../../core/rules/requirement.ts'
import { type EpochSeconds, isRevoked, type Session, sessionStatus } from '../../core/session/session.ts'
import { showOwn } from '../../core/show.ts'
import type { KeyFault, KeySurroundings } from './wanted-key.ts'

export interface PersonWanted {
  /** As apps see it. */
  readonly user: string
  readonly provider: string | null
}

/** What a person's key takes from the person. */
export interface CopiedPerson {
  readonly provider: ProviderSettings
  readonly claims: Claims
  /** When the provider said them. */
  readonly claimsAt: EpochSeconds
  readonly selfService: SelfServiceSettings
}

interface Place {
  readonly gateway: KeySurroundings & Pick<Gateway, 'hosts' | 'session'>
  readonly sessions: Pick<SessionStore, 'list' | 'load'> | null
  readonly now: EpochSeconds
}

/**
 * The claims of a person who is signed in, of the session for which the provider answered last: nobody vouches for those of
 * anybody else. They must meet `self_service.require`. Throws a StoreFault.
 */
export async function copiedFromPerson(place: Place, wanted: PersonWanted): Promise<CopiedPerson | KeyFault> {
  const { selfService } = place.gateway.apiKeys
  if (selfService === null) return fault('needs `api_keys.self_service`')
  if (place.sessions === null || place.gateway.session.store.kind === 'cookie')
    return fault('cannot be looked up: sessions are kept where only the gateway or the browser reads them')
  const found = await livingSessions(place, place.sessions, selfService, wanted)
  const [newest] = found.toSorted((one, other) => other.session.checkedAt - one.session.checkedAt)
  if (newest === undefined)
    return fault(`${showOwn(wanted.user)} is not signed in: the claims of a person’s key come from a session`)
  const others = new Set(found.map(({ provider }) => provider.name))
  if (others.size > 1)
    return fault(`is somebody of ${[...others].join(' and of ')}: say which with \`provider\``)
  return copiedFromSession(selfService, newest) ?? fault('does not meet `self_service.require`')
}

/** What a key takes from this session; null: its person does not meet `self_service.require`. */
export function copiedFromSession(
  selfService: SelfServiceSettings,
  { provider, session }: Living,
): CopiedPerson | null {
  const claims = copiedClaims(session.claims, selfService, provider)
  const seen = seenClaims(claims, provider).claims
  const subject = { kind: 'person', provider: provider.name, claims: seen } as const
  if (judge(selfService.require, { subject, clientAddress: null, certificate: null }) !== true) return null
  return { provider, claims, claimsAt: session.checkedAt, selfService }
}

interface Living {
  readonly session: Pick<Session, 'claims' | 'checkedAt'>
  readonly provider: ProviderSettings
}

async function livingSessions(
  { gateway, now }: Place,
  sessions: Pick<SessionStore, 'list' | 'load'>,
  selfService: SelfServiceSettings,
  { user, provider }: PersonWanted,
): Promise<readonly Living[]> {
  const accepted = provider === null ? selfService.providers : [provider]
  const stored = await sessions.list({ user })
  const living: Living[] = []
  for (const one of stored) {
    const of = findProvider(gateway.providers, accepted, one)
    const session = of === null || !isLiving(gateway, one, now) ? null : await sessions.load(one.key)
    if (of !== null && session !== null && toPrincipal(session, of) !== null)
      living.push({ session, provider: of })
  }
  return living
}

function isLiving(
  { hosts, session: { revokedBefore } }: Place['gateway'],
  one: StoredSession,
  now: EpochSeconds,
): boolean {
  const origin = [...hosts.values()].find(({ origin: name }) => name === one.origin)
  return origin !== undefined && sessionStatus(one, now, origin) === 'live' && !isRevoked(one, revokedBefore)
}

function fault(message: string): KeyFault {
  return { field: 'person', message }
}
