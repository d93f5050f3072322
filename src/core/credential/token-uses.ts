import type { App, Gateway, Origin, ProviderSettings } from '../gateway.ts'
import type { Credential } from './credential.ts'

/** What the token endpoint of an origin is of use for. */
export interface TokenUses {
  /** Apps that a short token of a key opens somewhere. */
  readonly ofKeys: readonly App[]
  /** Apps that a token of a widget opens somewhere. */
  readonly ofWidgets: readonly App[]
  /** The providers whose pairs or tokens count somewhere: their own tokens are handed out for pairs. */
  readonly ofPairs: readonly ProviderSettings[]
  /** The providers whose refresh tokens are turned into access tokens. */
  readonly ofRefreshTokens: readonly ProviderSettings[]
}

/** What may be asked for at an origin: nothing is given out that opens nothing there. Looked for once an origin. */
export function tokenUses(gateway: Pick<Gateway, 'providers'>, origin: Pick<Origin, 'apps'>): TokenUses {
  const known = usesOf.get(origin)
  if (known !== undefined) return known
  const uses = findUses(gateway, origin)
  usesOf.set(origin, uses)
  return uses
}

const usesOf = new WeakMap<Pick<Origin, 'apps'>, TokenUses>()

function findUses({ providers }: Pick<Gateway, 'providers'>, { apps }: Pick<Origin, 'apps'>): TokenUses {
  const listing = (...credentials: readonly Credential[]) =>
    apps.filter((app) => credentials.some((credential) => lists(app, credential)))
  const acceptedBy = (those: readonly App[]) => {
    const names = new Set(those.flatMap((app) => app.providers))
    return [...providers.values()].filter(({ name }) => names.has(name))
  }
  const accepted = acceptedBy(listing('exchange', 'bearer'))
  return {
    ofKeys: listing('api_key'),
    ofWidgets: listing('widget'),
    ofPairs: accepted.filter(({ exchange }) => exchange !== null && exchange.pair !== null),
    ofRefreshTokens: accepted.filter(({ exchange }) => exchange !== null && exchange.refreshToken !== null),
  }
}

export function isOfUse({ ofKeys, ofWidgets, ofPairs, ofRefreshTokens }: TokenUses): boolean {
  return [ofKeys, ofWidgets, ofPairs, ofRefreshTokens].some(({ length }) => length > 0)
}

function lists({ fallback, allLocations }: App, credential: Credential): boolean {
  return [fallback, ...allLocations].some(({ credentials }) => credentials.includes(credential))
}
