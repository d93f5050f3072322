import type { App, Gateway, Origin, ProviderSettings } from '../gateway.ts'
import type { ResourceMetadataAddress } from './resource-metadata-address.ts'

const wellKnown = ['.well-known', 'oauth-protected-resource']

/** Null: the app takes access tokens nowhere. */
export function resourceMetadataAddress(
  app: Pick<App, 'name' | 'url' | 'prefix' | 'fallback' | 'allLocations'>,
): ResourceMetadataAddress | null {
  if (![app.fallback, ...app.allLocations].some(({ credentials }) => credentials.includes('bearer')))
    return null
  const { origin } = new URL(app.url)
  const path = `/${wellKnown.join('/')}${pathOf(app.url)}`
  return { uri: `${origin}${path}`, path, segments: [...wellKnown, ...app.prefix], app: app.name }
}

/** Where an app says it; null: it takes access tokens nowhere. For `resource_metadata` of `WWW-Authenticate` (RFC 9728 5.1). */
export function resourceMetadataUri(
  { resourceMetadata }: Pick<Origin, 'resourceMetadata'>,
  app: Pick<App, 'name'>,
): string | null {
  return resourceMetadata.find((one) => one.app === app.name)?.uri ?? null
}

/** RFC 9728 section 2. */
export interface ResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
}

/** What an app says of itself to whoever wants to come with an access token. Nothing in it depends on who asks. */
export function resourceMetadata(
  gateway: Pick<Gateway, 'providers'>,
  app: Pick<App, 'url' | 'providers'>,
): ResourceMetadata {
  const accepted = acceptedBearers(gateway, app)
  const scopes = new Set(accepted.flatMap(({ bearer }) => bearer?.requiredScopes ?? []))
  return {
    resource: `${new URL(app.url).origin}${pathOf(app.url)}`,
    authorization_servers: [...new Set(accepted.map(({ issuer }) => issuer))],
    ...(scopes.size === 0 ? {} : { scopes_supported: [...scopes] }),
    bearer_methods_supported: ['header'],
  }
}

/** Without a slash at its end, be it that of the root. */
function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/$/, '')
}

/** The providers whose access tokens count at an app, in the order of the file. */
export function acceptedBearers(
  { providers }: Pick<Gateway, 'providers'>,
  app: Pick<App, 'providers'>,
): readonly ProviderSettings[] {
  return app.providers.flatMap((name) => {
    const settings = providers.get(name)
    return settings === undefined || settings.bearer === null ? [] : [settings]
  })
}
