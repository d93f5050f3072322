// What an app says of itself to whoever wants to come with an access token, and where (RFC 9728).
import t from 'tap'
import type { BearerSettings } from '../../../src/core/credential/bearer-settings.ts'
import {
  resourceMetadata,
  resourceMetadataAddress,
  resourceMetadataUri,
} from '../../../src/core/credential/protected-resource.ts'
import type { App } from '../../../src/core/gateway.ts'
import { gatewayOf } from '../../support/model.ts'
import { provider } from '../../support/sessions.ts'

const [written] = gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
apps:
  api:
    url: https://api.example.com
    upstream: http://10.0.0.5
    require: signed_in
    locations: [{ path: /v1, require: signed_in }]
`).apps

function app(more: Partial<App> = {}, bearerAt: 'app' | 'location' | 'nowhere' = 'location'): App {
  if (written === undefined) throw new Error('the file has an app')
  const { fallback, allLocations } = written
  const credentials = ['session', 'bearer'] as const
  return {
    ...written,
    fallback: bearerAt === 'app' ? { ...fallback, credentials } : fallback,
    allLocations:
      bearerAt === 'location' ? allLocations.map((one) => ({ ...one, credentials })) : allLocations,
    ...more,
  }
}

const bearer: BearerSettings = {
  audiences: ['a'],
  clientIds: [],
  check: 'jwt',
  userId: 'sub',
  acceptClients: false,
  requiredScopes: [],
  cacheSeconds: 60,
  tokenInfo: null,
}

t.test(
  'the address is that of the app behind the well-known path, where any place takes tokens',
  async (t) => {
    const root = '/.well-known/oauth-protected-resource'
    t.strictSame(resourceMetadataAddress(app()), {
      uri: `https://api.example.com${root}`,
      path: root,
      segments: ['.well-known', 'oauth-protected-resource'],
      app: 'api',
    })
    t.equal(resourceMetadataAddress(app({}, 'app'))?.path, root)
    t.equal(resourceMetadataAddress(app({}, 'nowhere')), null)
    t.equal(resourceMetadataAddress(app({ url: 'https://api.example.com/' }))?.path, root)
    const below = app({ url: 'https://api.example.com:8443/a/ü', prefix: ['a', 'ü'] })
    t.match(resourceMetadataAddress(below), {
      uri: `https://api.example.com:8443${root}/a/%C3%BC`,
      path: `${root}/a/%C3%BC`,
      segments: ['.well-known', 'oauth-protected-resource', 'a', 'ü'],
    })
  },
)

t.test('401 names it for apps that have it', async (t) => {
  const address = resourceMetadataAddress(app())
  const origin = { resourceMetadata: address === null ? [] : [address] }
  t.equal(
    resourceMetadataUri(origin, { name: 'api' }),
    'https://api.example.com/.well-known/oauth-protected-resource',
  )
  t.equal(resourceMetadataUri(origin, { name: 'other' }), null)
})

t.test(
  'it names the app, the issuers whose tokens count there, and the scopes that are asked for',
  async (t) => {
    const providers = [
      provider('acme', {
        issuer: 'https://acme.example',
        bearer: { ...bearer, requiredScopes: ['read', 'x'] },
      }),
      provider('again', {
        issuer: 'https://acme.example',
        bearer: { ...bearer, requiredScopes: ['x', 'write'] },
      }),
      provider('people', { issuer: 'https://people.example' }),
      provider('elsewhere', { issuer: 'https://elsewhere.example', bearer }),
    ]
    const gateway = { providers: new Map(providers.map((one) => [one.name, one])) }
    const accepted = ['acme', 'again', 'people']
    t.strictSame(resourceMetadata(gateway, app({ providers: accepted, url: 'https://api.example.com/v1' })), {
      resource: 'https://api.example.com/v1',
      authorization_servers: ['https://acme.example'],
      scopes_supported: ['read', 'x', 'write'],
      bearer_methods_supported: ['header'],
    })
    t.strictSame(
      resourceMetadata(gateway, app({ providers: ['elsewhere'], url: 'https://api.example.com/' })),
      {
        resource: 'https://api.example.com',
        authorization_servers: ['https://elsewhere.example'],
        bearer_methods_supported: ['header'],
      },
    )
  },
)
