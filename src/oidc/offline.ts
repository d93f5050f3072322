import type { ProviderSettings } from '../core/gateway.ts'
import type { Metadata } from './metadata.ts'

/** What an authorization request says beside the configuration, so that a refresh token comes. */
export interface OfflineRequest {
  readonly scopes: readonly string[]
  readonly parameters: readonly (readonly [string, string])[]
}

const nothing: OfflineRequest = { scopes: [], parameters: [] }

/**
 * As each provider has it. Scopes that the operator wrote are all that is asked for: who cannot get `offline_access`
 * there must be able to leave it out. No `prompt=consent`, though OpenID Connect Core 11 has it beside the scope: it would
 * ask everybody at every sign-in, and most providers do without.
 */
export function offlineRequest(settings: ProviderSettings, metadata: Metadata): OfflineRequest {
  const scope = (name: string): OfflineRequest =>
    settings.scopesWritten ? nothing : { ...nothing, scopes: [name] }
  switch (settings.preset) {
    case 'google':
      // It refuses the scope, and gives a refresh token with somebody's first consent alone.
      return { ...nothing, parameters: [['access_type', 'offline']] }
    case 'salesforce':
      return scope('refresh_token')
    case 'microsoft':
    case 'okta':
    case 'auth0':
      return scope('offline_access')
    case 'keycloak':
    // Gives one anyway. With the scope it begins an offline session, which outlives every sign-out there.
    case 'cognito':
      // Gives one anyway, and knows no such scope.
      return nothing
    // Nobody signs in with it.
    case 'facebook':
      return nothing
    case 'generic':
      return metadata.scopes?.includes('offline_access') === true ? scope('offline_access') : nothing
  }
}
