import type { ProviderSettings } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type { Metadata } from './metadata.ts'

/**
 * Where a browser signs out at the provider (RP-Initiated Logout 1.0); null when it offers nothing. Everything in it
 * is from the configuration, but for the ID token and the state.
 */
export function endSessionUrl(
  settings: ProviderSettings,
  metadata: Metadata,
  idToken: string | null,
  postLogoutRedirectUri: string,
  state: string,
): URL | null {
  if (settings.preset === 'cognito') return cognitoLogoutUrl(settings, metadata, postLogoutRedirectUri)
  if (metadata.endSessionEndpoint === null)
    return settings.preset === 'auth0' ? auth0LogoutUrl(settings, metadata, postLogoutRedirectUri) : null
  const url = new URL(metadata.endSessionEndpoint)
  if (idToken !== null && idToken.length <= limits.idTokenHintBytes)
    url.searchParams.set('id_token_hint', idToken)
  url.searchParams.set('client_id', settings.clientId)
  url.searchParams.set('post_logout_redirect_uri', postLogoutRedirectUri)
  url.searchParams.set('state', state)
  return url
}

/** Cognito has an endpoint of its own kind beside its authorization endpoint, whether its metadata names it or not. */
function cognitoLogoutUrl(settings: ProviderSettings, metadata: Metadata, logoutUri: string): URL {
  const url = new URL('/logout', metadata.authorizationEndpoint)
  url.searchParams.set('client_id', settings.clientId)
  url.searchParams.set('logout_uri', logoutUri)
  return url
}

/** Auth0 tenants that do not publish the standard endpoint. */
function auth0LogoutUrl(settings: ProviderSettings, metadata: Metadata, returnTo: string): URL {
  const url = new URL('/v2/logout', metadata.authorizationEndpoint)
  url.searchParams.set('client_id', settings.clientId)
  url.searchParams.set('returnTo', returnTo)
  return url
}
