// Customers' pairs at a token endpoint (RFC 6749 4.4), by real sockets: what is sent, what an answer says of the pair, and
// who waits for whom.
import t, { type Test } from 'tap'
import type { ProviderSettings } from '../../../src/core/provider-settings.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { Limits } from '../../../src/oidc/limits.ts'
import type { Fields } from '../../support/hostile-op.ts'
import { faultOf, type Rig, someday, someNetwork, startRig } from '../fixtures.ts'
import { ask, granted } from './fixtures.ts'

/** `answer`: of the token endpoint, to whatever came. */
async function startClients(
  t: Test,
  answer: () => readonly [number, Fields | string] | null = () => null,
  more: Partial<ProviderSettings> = {},
  { metadata = {}, limits = {} }: { readonly metadata?: Fields; readonly limits?: Partial<Limits> } = {},
): Promise<Rig> {
  const rig = await startRig(t, {
    limits,
    settings: () => ({
      signsIn: false,
      clientId: '',
      clientSecret: null,
      exchange: {
        pair: { kind: 'client_credentials', scopes: ['read', 'write'], audience: 'https://api.example' },
        refreshToken: null,
        cacheSeconds: 900,
      },
      ...more,
    }),
  })
  rig.op.bends.metadata = (document) => ({ ...document, ...metadata })
  rig.op.bends.answer = {
    token: (_request, response) => {
      const [status, document] = answer() ?? [200, { access_token: 'at', token_type: 'Bearer' }]
      const body = typeof document === 'string' ? document : JSON.stringify(document)
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    },
  }
  return rig
}

/** Each request that came to the token endpoint. */
const sentTo = ({ op }: Rig) =>
  op.tokenRequests.map(({ authorization, body }) => ({ authorization, body: Object.fromEntries(body) }))

const own = { clientId: 'gateway', clientSecret: new Secret('the-secret-of-our-own-client-12345') }

t.test('the pair is the client: as Basic, encoded as forms are', async (t) => {
  const rig = await startClients(t)
  await granted(ask(rig, 'customer/7', 'p&ss w=rd:+%é'))
  const [sent] = sentTo(rig)
  const basic = Buffer.from('customer%2F7:p%26ss+w%3Drd%3A%2B%25%C3%A9').toString('base64')
  t.equal(sent?.authorization, `Basic ${basic}`)
  t.same(sent?.body, {
    grant_type: 'client_credentials',
    scope: 'read write',
    audience: 'https://api.example',
  })
})

t.test('in the form, where the provider takes no Basic', async (t) => {
  const ways = [
    [{}, { token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'] }],
    [{ ...own, authMethod: 'client_secret_post' as const }, {}],
  ] as const
  for (const [settings, metadata] of ways) {
    const rig = await startClients(t, undefined, settings, { metadata })
    await granted(ask(rig, 'customer', 'secret'))
    t.equal(sentTo(rig)[0]?.authorization, undefined)
    t.match(sentTo(rig)[0]?.body, { client_id: 'customer', client_secret: 'secret' })
  }
})

t.test('our own client is not shown', async (t) => {
  const rig = await startClients(t, undefined, { ...own, signsIn: true })
  await granted(ask(rig, 'customer', 'secret'))
  t.equal(sentTo(rig)[0]?.authorization, `Basic ${Buffer.from('customer:secret').toString('base64')}`)
  t.notMatch(JSON.stringify(sentTo(rig)), /gateway/)
})

t.test('what is wrong with the pair is a refusal', async (t) => {
  let answer: readonly [number, Fields | string] = [401, {}]
  const rig = await startClients(t, () => answer)
  const cases: readonly (readonly [number, Fields | string])[] = [
    [401, { error: 'invalid_client' }],
    [400, { error: 'invalid_client', error_description: 'unknown' }],
    // Auth0 says so of a wrong secret, and with 403 of an API that the client may not have.
    [401, { error: 'access_denied', error_description: 'Unauthorized' }],
    [403, { error: 'access_denied' }],
    [400, { error: 'unauthorized_client' }],
    [400, { error: 'invalid_scope' }],
    [401, 'not JSON'],
    [401, {}],
    // In words of their own: or nobody would count the guesses.
    [401, { error: 'unauthorized' }],
    [401, { error: { code: 401, message: 'wrong' } }],
    [401, { error: 'invalid_request' }],
  ]
  for (answer of cases) {
    const said = await ask(rig, 'customer', 'a-secret-to-be-guessed')
    t.match(said, { kind: 'refused', cure: null }, JSON.stringify(answer))
  }
})

t.test('what is wrong with the provider or the request is none', async (t) => {
  let answer: readonly [number, Fields | string] = [400, {}]
  const rig = await startClients(t, () => answer)
  const cases: readonly (readonly [number, Fields | string, string])[] = [
    [429, {}, 'PROVIDER_UNREACHABLE'],
    [500, { error: 'invalid_client' }, 'PROVIDER_UNREACHABLE'],
    [503, 'away', 'PROVIDER_UNREACHABLE'],
    [400, { error: 'temporarily_unavailable' }, 'PROVIDER_UNREACHABLE'],
    [401, { error: 'slow_down' }, 'PROVIDER_UNREACHABLE'],
    [400, { error: 'unsupported_grant_type' }, 'PROVIDER_RESPONSE_INVALID'],
    [400, { error: 'invalid_request' }, 'PROVIDER_RESPONSE_INVALID'],
    [403, 'a page of a firewall', 'PROVIDER_RESPONSE_INVALID'],
    [400, {}, 'PROVIDER_RESPONSE_INVALID'],
    [200, 'no JSON', 'PROVIDER_RESPONSE_INVALID'],
    [200, { access_token: 'at' }, 'PROVIDER_RESPONSE_INVALID'],
    [200, { access_token: 'at', token_type: 'DPoP' }, 'PROVIDER_RESPONSE_INVALID'],
    [200, { access_token: 7, token_type: 'Bearer' }, 'PROVIDER_RESPONSE_INVALID'],
  ]
  for (const [status, document, code] of cases) {
    answer = [status, document]
    t.match(await faultOf(ask(rig, 'customer', 'secret')), { code }, JSON.stringify(answer))
  }
})

t.test('a redirect takes the secret nowhere', async (t) => {
  const elsewhere = await startClients(t)
  const rig = await startClients(t)
  rig.op.bends.answer = {
    token: (_request, response) =>
      void response.writeHead(307, { location: `${elsewhere.op.issuer}/token` }).end(),
  }
  t.match(await faultOf(ask(rig, 'customer', 'secret')), { code: 'PROVIDER_RESPONSE_INVALID' })
  t.equal(sentTo(elsewhere).length, 0)
})

t.test('no words of the provider bring the secret into a message', async (t) => {
  const secret = 'a-secret-of-a-customer/99'
  let answer: readonly [number, Fields | string] = [401, {}]
  const rig = await startClients(t, () => answer)
  for (const text of [secret, encodeURIComponent(secret), Buffer.from(`x:${secret}`).toString('base64')]) {
    answer = [401, { error: 'invalid_client', error_description: `no: ${text}` }]
    const said = await ask(rig, 'customer', secret)
    t.equal(said.kind, 'refused')
    t.notMatch(JSON.stringify(said), text)
    answer = [400, { error: text, error_description: text }]
    t.notMatch((await faultOf(ask(rig, 'customer', secret))).message, text)
  }
})

t.test('a pair is not sent where its turn comes too late for its network', async (t) => {
  const rig = await startClients(t)
  const answer = await ask(rig, 'customer', 'secret', { refusedForMs: () => 1500 })
  t.same(answer, { kind: 'throttled', forMs: 1500 })
  t.equal(sentTo(rig).length, 0)
})

t.test('who was right lately waits behind nobody who was not', async (t) => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const rig = await startClients(t, undefined, undefined, {
    limits: {
      exchanges: { places: 1, waiting: 1, waitingOfNetwork: 1 },
      knownExchanges: { places: 1, waiting: 1, waitingOfNetwork: 1 },
      exchangeWaitMs: 60_000,
    },
  })
  const answer = rig.op.bends.answer?.token
  rig.op.bends.answer = {
    token: (request, response) => {
      if (request.headers.authorization === `Basic ${Buffer.from('owner:right').toString('base64')}`)
        answer?.(request, response)
      else void opened.then(() => answer?.(request, response))
    },
  }
  const guesses = [1, 2].map((count) => ask(rig, 'owner', `guess ${count}`))
  t.match(await faultOf(ask(rig, 'owner', 'guess 3')), { code: 'PROVIDER_BUSY' }, 'their line is full')
  t.match(await ask(rig, 'owner', 'right', { isKnown: true, network: someNetwork }), { kind: 'granted' })
  open()
  await Promise.all(guesses)
})

t.test('a token without an end has none; one that says it has', async (t) => {
  let answer: Fields = { access_token: 'at', token_type: 'bearer' }
  const rig = await startClients(t, () => [200, answer])
  t.match(await granted(ask(rig, 'customer', 'secret')), {
    accessToken: 'at',
    endsAt: null,
    idTokenClaims: null,
    refresh: null,
  })
  answer = { ...answer, expires_in: 120, refresh_token: 'it SHOULD NOT be there (RFC 6749 4.4.3)' }
  t.match(await granted(ask(rig, 'customer', 'secret')), { endsAt: someday + 120, refresh: null })
})
