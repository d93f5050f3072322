import type { Gateway, ProviderSettings } from '../../core/gateway.ts'
import { findProvider, isSameProvider, type ProviderId } from '../../core/provider-id.ts'
import type { Provider } from '../../core/provider-port.ts'
import { claimsInUse } from '../../core/session/recheck.ts'
import type { Session } from '../../core/session/session.ts'
import type { Respondent } from './parts.ts'

/** What of an edition decides who is asked for a session, and how often. */
export interface RenewalEdition {
  readonly gateway: Pick<Gateway, 'hosts' | 'providers' | 'apiKeys'> & {
    readonly session: Pick<Gateway['session'], 'store'>
  }
  readonly providers: ReadonlyMap<string, Provider>
}

/** The providers of the edition in force, as those that are asked again for sessions. */
export interface Respondents {
  /** As its origin accepts it; null: it accepts the session's provider no more. */
  settings(session: Pick<Session, 'origin' | 'issuer' | 'clientId'>): ProviderSettings | null
  respondent(session: Pick<Session, 'origin' | 'issuer' | 'clientId'>): Respondent | null
  /** Whichever origin a session was of. */
  provider(id: ProviderId): Provider | null
}

type OfSession = Pick<Session, 'origin' | 'issuer' | 'clientId'>

export function createRespondents({ gateway, providers }: RenewalEdition): Respondents {
  const origins = new Map([...gateway.hosts.values()].map((origin) => [origin.origin, origin]))

  // What rests in browsers has no tokens, and nobody can renew it there.
  const isKept = gateway.session.store.kind !== 'cookie'

  function settings(session: OfSession): ProviderSettings | null {
    const accepted = isKept ? (origins.get(session.origin)?.providers ?? []) : []
    return findProvider(gateway.providers, accepted, session)
  }

  return {
    settings,
    respondent(session) {
      const origin = origins.get(session.origin)
      const found = settings(session)
      const provider = found === null ? undefined : providers.get(found.name)
      if (found === null || origin === undefined || provider === undefined) return null
      // Where it is never asked by itself, a token is all that is wanted: claims stay those of the sign-in.
      const usedClaims = found.recheck === null ? [] : claimsInUse(origin, found, gateway.apiKeys)
      return { provider, usedClaims, lifetimes: origin }
    },
    provider(id) {
      for (const [name, one] of gateway.providers)
        if (one.signsIn && isSameProvider(one, id)) return providers.get(name) ?? null
      return null
    },
  }
}
