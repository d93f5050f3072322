import type { Gateway, Origin } from '../core/gateway.ts'
import { findProvider, type ProviderId } from '../core/provider-id.ts'
import { keepsTokens } from '../core/session/kept-tokens.ts'
import { noTokens, type SessionTokens } from '../core/session/session.ts'

/**
 * Of what a sign-in brought, the tokens that something of the configuration in force needs for sessions of this origin.
 * What nobody needs is not kept, so that it cannot be stolen.
 */
export function tokensToKeep(
  { providers, hosts }: Pick<Gateway, 'providers' | 'hosts'>,
  origin: Origin,
  signIn: ProviderId,
  { access, refresh }: SessionTokens,
): SessionTokens {
  const { providers: accepted, apps } = hosts.get(origin.host) ?? origin
  const provider = findProvider(providers, accepted, signIn)
  if (provider === null) return noTokens
  const kept = keepsTokens({ apps }, provider)
  if (!kept.access && !kept.refresh) return noTokens
  return { access: kept.access ? access : null, refresh: kept.refresh ? refresh : null }
}
