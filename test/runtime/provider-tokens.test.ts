// What the token endpoint of an origin gives for pairs and refresh tokens of providers: whom it asks, and in which words.
import t from 'tap'
import type { App, Origin, ProviderSettings } from '../../src/core/gateway.ts'
import type { RefreshAnswer } from '../../src/core/provider-port.ts'
import type { RefreshedPair } from '../../src/runtime/exchanged-pairs.ts'
import type { FoundPair } from '../../src/runtime/pairs/pairs-of-provider.ts'
import { createProviderTokens } from '../../src/runtime/provider-tokens.ts'
import { provider } from '../support/sessions.ts'

const now = 1_950_000_000
const network = { key: '192.0.2.7', hidden: false }

function settings(name: string, client: string | null = null): ProviderSettings {
  return provider(name, {
    exchange: {
      pair: client === null ? { kind: 'client_credentials', scopes: [], audience: null } : null,
      refreshToken: client === null ? null : { clientId: client, clientSecret: null },
      cacheSeconds: 900,
    },
  })
}

const all = [
  settings('acme'),
  settings('other'),
  provider('people'),
  settings('mobile', 'app-1'),
  settings('tablet', 'app-2'),
]

const granted: FoundPair = {
  kind: 'granted',
  grant: { accessToken: 'at', endsAt: now + 300, idTokenClaims: null, refresh: null },
}
const refreshed: RefreshAnswer = {
  kind: 'granted',
  token: { accessToken: 'at-2', endsAt: null, refreshToken: 'rt-2', scopes: ['read'] },
}

/** An origin with one app for each list. */
function originOf(...apps: readonly (readonly [providers: readonly string[], credential: string])[]): Origin {
  return {
    apps: apps.map(
      ([providers, credential]) =>
        ({ providers, fallback: { credentials: [credential] }, allLocations: [] }) as unknown as App,
    ),
  } as unknown as Origin
}

function rig(found: FoundPair = granted, answer: RefreshedPair = refreshed) {
  const asked: string[] = []
  const tokens = createProviderTokens(
    { providers: new Map(all.map((one) => [one.name, one])) },
    {
      tokenOf: async ({ name }, { id }) => {
        asked.push(`${name} ${id}`)
        return found
      },
      refresh: async ({ name }, token, scopes) => {
        asked.push(`${name} ${token} ${scopes?.join('+') ?? 'all'}`)
        return answer
      },
    },
  )
  const forPair = async (origin: Origin, scopes: readonly string[] | null = null) =>
    tokens.forPair({ kind: 'pair', id: 'ada', secret: 'secret' }, { origin, network, now, scopes })
  const refresh = async (origin: Origin, clientId: string | null = null) =>
    tokens.refresh(
      { kind: 'refresh_token', refreshToken: 'rt', clientId, scopes: ['read'] },
      { origin, network, now },
    )
  return { asked, forPair, refresh }
}

t.test('a pair goes to the one provider that is of use at the origin', async (t) => {
  const { asked, forPair } = rig()
  const granted = { kind: 'granted', accessToken: 'at', expiresInSeconds: 300, refreshToken: null }
  t.match(await forPair(originOf([['acme', 'people'], 'exchange'])), granted)
  t.match(await forPair(originOf([['acme'], 'bearer'])), granted)
  t.same(asked, ['acme ada', 'acme ada'])
})

t.test('what asks again in the place of the secret stays here', async (t) => {
  const refresh = { token: 'rt-of-the-pool', user: 'ada', secretSentAt: now }
  const { forPair } = rig({
    kind: 'granted',
    grant: { accessToken: 'at', endsAt: null, idTokenClaims: null, refresh },
  })
  const given = await forPair(originOf([['acme'], 'exchange']))
  t.match(given, { kind: 'granted', expiresInSeconds: null, refreshToken: null, scopes: null })
  t.notMatch(JSON.stringify(given), refresh.token)
})

t.test('to none where none is, and to none where several could be meant', async (t) => {
  const { asked, forPair } = rig()
  t.match(await forPair(originOf([['acme'], 'session'])), { kind: 'refused', error: 'invalid_client' })
  t.match(await forPair(originOf([['people'], 'exchange'])), { kind: 'refused', error: 'invalid_client' })
  t.match(await forPair(originOf([['acme'], 'exchange'], [['other'], 'exchange'])), {
    kind: 'refused',
    error: 'unauthorized_client',
  })
  t.match(await forPair(originOf([['acme'], 'exchange']), ['read']), {
    kind: 'refused',
    error: 'invalid_scope',
  })
  t.same(asked, [])
})

t.test('whatever is wrong with a pair, the words are the same', async (t) => {
  const at = originOf([['acme'], 'exchange'])
  const said = { kind: 'refused', error: 'invalid_client', says: 'the id or the secret is wrong' }
  const wrong = rig({ kind: 'wrong', detail: 'for the log' })
  t.match(await wrong.forPair(at), { ...said, why: 'pair-invalid', detail: 'for the log' })
  const reading = { kind: 'refused', why: 'token-invalid', detail: 'no' } as const
  t.match(await rig({ kind: 'spoilt', reading }).forPair(at), { ...said, why: 'token-invalid' })
  const throttled = { kind: 'throttled', retryAfterSeconds: 7 } as const
  t.same(await rig(throttled).forPair(at), throttled)
})

t.test('a refresh token goes to the provider of its client, and what is rotated is handed out', async (t) => {
  const { asked, refresh } = rig()
  t.match(await refresh(originOf([['mobile', 'people'], 'bearer'])), {
    ...{ kind: 'granted', accessToken: 'at-2', expiresInSeconds: null },
    ...{ refreshToken: 'rt-2', scopes: ['read'] },
  })
  const both = originOf([['mobile', 'tablet'], 'bearer'])
  t.match(await refresh(both), { kind: 'refused', error: 'invalid_request' })
  t.match(await refresh(both, 'app-2'), { kind: 'granted' })
  t.match(await refresh(both, 'app-3'), { kind: 'refused', error: 'invalid_grant' })
  t.match(await refresh(originOf([['people'], 'bearer'])), {
    kind: 'refused',
    error: 'unsupported_grant_type',
  })
  t.match(await refresh(originOf([['mobile'], 'session'])), { error: 'unsupported_grant_type' })
  t.same(asked, ['mobile rt read', 'tablet rt read'])
})

t.test('a refresh token that is wrong, over or used', async (t) => {
  const at = originOf([['mobile'], 'bearer'])
  for (const [error, says] of [
    ['invalid_grant', 'the refresh token is wrong, over or used'],
    ['invalid_scope', 'the refresh token has no such scope'],
  ] as const) {
    const { refresh } = rig(granted, { kind: 'refused', error, detail: 'for the log' })
    t.match(await refresh(at), { kind: 'refused', error, says, why: 'token-invalid', detail: 'for the log' })
  }
})
