// Refresh tokens of customers at a provider (RFC 6749 6), by real sockets, as a client that signs nobody in.
import t from 'tap'
import type { ProviderSettings } from '../../../src/core/provider-settings.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { Fields } from '../../support/hostile-op.ts'
import { faultOf, type Rig, someday, someNetwork, startRig } from '../fixtures.ts'

const client = { clientId: 'customers', clientSecret: new Secret('the-secret-of-the-customers-client') }
const settings: Partial<ProviderSettings> = {
  exchange: { pair: null, refreshToken: client, cacheSeconds: 900 },
}

const refresh = ({ provider }: Rig, token: string, scopes: readonly string[] | null = null) =>
  provider.tokenForRefreshToken(token, scopes, someday, someNetwork)

const answering = (rig: Rig, status: number, document: Fields | string) => {
  rig.op.bends.answer = {
    token: (_request, response) =>
      void response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof document === 'string' ? document : JSON.stringify(document)),
  }
}

t.test('the token goes to the token endpoint, as the client that is written for it', async (t) => {
  const rig = await startRig(t, { settings: () => settings })
  answering(rig, 200, {
    ...{ access_token: 'at-2', token_type: 'Bearer', expires_in: 300, scope: 'read' },
    ...{ refresh_token: 'rt-2', id_token: 'of no use' },
  })
  t.same(await refresh(rig, 'rt-1', ['read']), {
    kind: 'granted',
    token: { accessToken: 'at-2', endsAt: someday + 300, refreshToken: 'rt-2', scopes: ['read'] },
  })
  const [asked] = rig.op.tokenRequests
  t.same(Object.fromEntries(asked?.body ?? []), {
    grant_type: 'refresh_token',
    refresh_token: 'rt-1',
    scope: 'read',
  })
  const basic = Buffer.from('customers:the-secret-of-the-customers-client').toString('base64')
  t.equal(asked?.authorization, `Basic ${basic}`)
})

t.test('without scopes those are asked for that were granted; a public client says its name', async (t) => {
  const refreshToken = { clientId: 'customers', clientSecret: null }
  const rig = await startRig(t, {
    settings: () => ({ exchange: { ...settings.exchange, refreshToken, pair: null, cacheSeconds: 900 } }),
  })
  answering(rig, 200, { access_token: 'at-2', token_type: 'bearer' })
  t.match(await refresh(rig, 'rt-1'), { kind: 'granted', token: { refreshToken: null, scopes: null } })
  const [asked] = rig.op.tokenRequests
  t.equal(asked?.authorization, undefined)
  t.same(Object.fromEntries(asked?.body ?? []), {
    grant_type: 'refresh_token',
    refresh_token: 'rt-1',
    client_id: 'customers',
  })
})

t.test('what is said of the token is a refusal, and of anything else none', async (t) => {
  const rig = await startRig(t, { settings: () => settings })
  for (const error of ['invalid_grant', 'invalid_scope'] as const) {
    answering(rig, 400, { error })
    t.match(await refresh(rig, 'rt-1'), { kind: 'refused', error })
  }
  const cases: readonly (readonly [number, Fields | string, string])[] = [
    [401, { error: 'invalid_client' }, 'PROVIDER_CLIENT_REFUSED'],
    [401, 'no', 'PROVIDER_CLIENT_REFUSED'],
    [400, { error: 'unauthorized_client' }, 'PROVIDER_CLIENT_REFUSED'],
    [400, { error: 'temporarily_unavailable' }, 'PROVIDER_UNREACHABLE'],
    [400, { error: 'slow_down' }, 'PROVIDER_UNREACHABLE'],
    [400, { error: 'invalid_request' }, 'PROVIDER_RESPONSE_INVALID'],
    [429, {}, 'PROVIDER_UNREACHABLE'],
    [500, {}, 'PROVIDER_UNREACHABLE'],
    [200, 'no JSON', 'PROVIDER_RESPONSE_INVALID'],
    [200, { access_token: 'at', token_type: 'DPoP' }, 'PROVIDER_RESPONSE_INVALID'],
  ]
  for (const [status, document, code] of cases) {
    answering(rig, status, document)
    t.match(await faultOf(refresh(rig, 'rt-1')), { code }, `${status} ${JSON.stringify(document)}`)
  }
})

t.test('no message holds the token or the secret, and a redirect takes them nowhere', async (t) => {
  const token = 'a-refresh-token-of-a-customer'
  const rig = await startRig(t, { settings: () => settings })
  for (const text of [token, encodeURIComponent(token), client.clientSecret.reveal()]) {
    answering(rig, 400, { error: text })
    t.notMatch((await faultOf(refresh(rig, token))).message, text)
  }
  const elsewhere = await startRig(t, { settings: () => settings })
  rig.op.bends.answer = {
    token: (_request, response) =>
      void response.writeHead(308, { location: `${elsewhere.op.issuer}/token` }).end(),
  }
  t.match(await faultOf(refresh(rig, token)), { code: 'PROVIDER_RESPONSE_INVALID' })
  t.equal(elsewhere.op.tokenRequests.length, 0)
})

t.test('one that waits for its turn too long is not sent', async (t) => {
  const exchanges = { places: 1, waiting: 4, waitingOfNetwork: 4 }
  const rig = await startRig(t, { settings: () => settings, limits: { exchanges, exchangeWaitMs: 1 } })
  const { promise: first, resolve: goOn } = Promise.withResolvers<void>()
  const asked = new Promise<void>((came) => {
    rig.op.bends.answer = {
      token: (_request, response) => {
        came()
        void first.then(() => response.end('{"access_token":"at","token_type":"Bearer"}'))
      },
    }
  })
  const slow = refresh(rig, 'rt-1')
  await asked
  t.match(await faultOf(refresh(rig, 'rt-2')), { code: 'PROVIDER_BUSY' })
  goOn()
  t.match(await slow, { kind: 'granted' })
  t.equal(rig.op.tokenRequests.length, 1)
})

t.test('a provider without such a client is asked for nothing', async (t) => {
  const rig = await startRig(t)
  t.match(await faultOf(refresh(rig, 'rt-1')), { code: 'PROVIDER_RESPONSE_INVALID' })
  t.equal(rig.op.tokenRequests.length, 0)
})
