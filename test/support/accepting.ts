// Models that accept tokens and keys, made of one that was loaded: what no file says yet can be judged all the same.

import type { BearerSettings } from '../../src/core/credential/bearer-settings.ts'
import type { App, Forwarding, Gateway, Location, LocationTree, Origin } from '../../src/core/gateway.ts'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import type { ApiKeySettings } from '../../src/core/keys/api-key-settings.ts'

export const bearer: BearerSettings = {
  audiences: ['https://api.example.com'],
  clientIds: [],
  check: 'jwt',
  userId: 'sub',
  acceptClients: false,
  requiredScopes: [],
  cacheSeconds: 60,
  tokenInfo: null,
}

export const apiKeys: ApiKeySettings = {
  prefixes: ['cg'],
  header: 'X-Api-Key',
  store: { kind: 'sqlite' },
  secrets: [],
  keys: [],
  claimsMaxAgeSeconds: 30 * 86_400,
  tokenLifetimeSeconds: 900,
  userIdPrefix: 'key:',
  widgetClaims: [],
  selfService: null,
}

export const apiKey: ApiKey = {
  id: 'Ab3dEf6hIj9lMn2p',
  prefix: 'cg',
  name: 'billing',
  owner: { kind: 'operator', user: 'billing' },
  claims: {},
  claimsAt: 1_800_000_000,
  asleep: false,
  secrets: [{ hash: 'x', until: null }],
  createdAt: 1_800_000_000,
  expiresAt: null,
  revokedAt: null,
  apps: null,
  methods: null,
  from: null,
  origins: [],
}

/** With other settings of one provider. */
export function withBearer(gateway: Gateway, name: string, settings: BearerSettings | null): Gateway {
  const providers = [...gateway.providers].map(
    ([own, provider]) => [own, own === name ? { ...provider, bearer: settings } : provider] as const,
  )
  return { ...gateway, providers: new Map(providers) }
}

/** With other locations, everywhere in the model: an app, its tree and its origin are the same objects again. */
export function withLocations(gateway: Gateway, change: (location: Location) => Location): Gateway {
  const locations = new Map<Location, Location>()
  const changed = (location: Location): Location => {
    const known = locations.get(location) ?? change(location)
    locations.set(location, known)
    return known
  }
  const apps = new Map(gateway.apps.map((app) => [app, withChanged(app, changed)] as const))
  const appOf = (app: App): App => apps.get(app) ?? app
  const origins = new Map<Origin, Origin>()
  const originOf = (origin: Origin): Origin => {
    const known = origins.get(origin) ?? { ...origin, apps: origin.apps.map(appOf) }
    origins.set(origin, known)
    return known
  }
  const hosts = new Map([...gateway.hosts].map(([host, origin]) => [host, originOf(origin)] as const))
  return { ...gateway, apps: gateway.apps.map(appOf), hosts }
}

export function withForwarding(gateway: Gateway, change: Partial<Forwarding>): Gateway {
  return withLocations(gateway, (one) => ({ ...one, forwarding: { ...one.forwarding, ...change } }))
}

function withChanged(app: App, change: (location: Location) => Location): App {
  return {
    ...app,
    fallback: change(app.fallback),
    locations: treeOf(app.locations, change),
    allLocations: app.allLocations.map(change),
  }
}

function treeOf(tree: LocationTree, change: (location: Location) => Location): LocationTree {
  return {
    literal: new Map([...tree.literal].map(([segment, below]) => [segment, treeOf(below, change)] as const)),
    star: tree.star && treeOf(tree.star, change),
    subtree: tree.subtree.map(change),
    exact: tree.exact.map(change),
  }
}
