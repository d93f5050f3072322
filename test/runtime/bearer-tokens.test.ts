// Which provider a token goes to, and by whose rules what comes back is judged.
import t from 'tap'
import type { AccessToken } from '../../src/core/credential/access-token.ts'
import type { BearerSettings } from '../../src/core/credential/bearer-settings.ts'
import { ProviderFault } from '../../src/core/fault.ts'
import type { ProviderSettings } from '../../src/core/gateway.ts'
import type { Awaitable } from '../../src/core/ports.ts'
import type { AccessTokenReading } from '../../src/core/provider-port.ts'
import { createBearerTokens } from '../../src/runtime/bearer-tokens.ts'
import { provider } from '../support/sessions.ts'

const now = 1_950_000_000
const network = { key: '192.0.2.7', hidden: false }

const token: AccessToken = {
  claims: { sub: 'alice', aud: 'acme-api' },
  subject: 'alice',
  audiences: ['acme-api'],
  clientId: 'app',
  scopes: [],
  endsAt: now + 300,
  certificate: null,
}

function settings(name: string, bearer: Partial<BearerSettings> | null): ProviderSettings {
  const full: BearerSettings = {
    audiences: [`${name}-api`],
    clientIds: [],
    check: 'jwt',
    userId: 'sub',
    acceptClients: false,
    requiredScopes: [],
    cacheSeconds: 60,
    tokenInfo: null,
  }
  const own = { issuer: `https://${name}.example`, userIdPrefix: `${name}:` }
  return provider(name, { ...own, bearer: bearer === null ? null : { ...full, ...bearer } })
}

const all = [
  settings('acme', {}),
  settings('other', { audiences: ['acme-api'] }),
  settings('asked', { check: 'introspection', audiences: ['acme-api'] }),
  settings('people', null),
]

type Answer = (raw: string) => Awaitable<AccessTokenReading>

function rig(answer: Answer = () => ({ kind: 'read', token })) {
  const asked: string[] = []
  const tokens = createBearerTokens({
    gateway: { providers: new Map(all.map((one) => [one.name, one])) },
    providers: new Map(
      all.map(({ name }) => [
        name,
        {
          readAccessToken: (raw: string) => {
            asked.push(`${name} ${raw}`)
            return answer(raw)
          },
        },
      ]),
    ),
  })
  const jwt = (name: string | null, accepted: readonly string[]) =>
    tokens.verify(
      { kind: 'jwt', token: 'j', issuer: name === null ? null : `https://${name}.example` },
      { app: { providers: accepted }, now, network, certificate: null },
    )
  const opaque = (accepted: readonly string[]) =>
    tokens.verify(
      { kind: 'opaque', token: 'o' },
      { app: { providers: accepted }, now, network, certificate: null },
    )
  return { asked, jwt, opaque }
}

const unknown = { kind: 'refused', why: 'credential-unknown', detail: null }

t.test('a JWT goes to the provider of its issuer, and is judged by that one’s rules alone', async (t) => {
  const { asked, jwt } = rig()
  t.match(jwt('acme', ['acme', 'other']), { principal: { user: 'acme:alice', provider: 'acme' } })
  t.match(jwt('other', ['acme', 'other']), { principal: { user: 'other:alice', provider: 'other' } })
  t.strictSame(asked, ['acme j', 'other j'])
})

t.test('a token of a provider that the app does not accept goes to nobody', async (t) => {
  const { asked, jwt, opaque } = rig()
  t.strictSame(jwt('other', ['acme']), unknown)
  t.strictSame(jwt('other', ['acme', 'asked']), unknown, 'nor to the one that is asked about tokens')
  t.strictSame(jwt('people', ['acme', 'people']), unknown, 'nor to one whose tokens do not count')
  t.strictSame(jwt('nobody', ['acme', 'other', 'asked']), unknown)
  t.strictSame(jwt('acme', []), unknown)
  t.strictSame(opaque(['acme', 'people']), unknown)
  t.strictSame(asked, [])
})

t.test('any other token goes to the one provider that is asked about tokens', async (t) => {
  const { asked, jwt, opaque } = rig()
  t.match(opaque(['acme', 'asked']), { principal: { provider: 'asked' } })
  t.match(jwt(null, ['acme', 'asked']), { principal: { provider: 'asked' } }, 'a JWT that names no issuer')
  t.match(jwt('asked', ['acme', 'asked']), { principal: { provider: 'asked' } }, 'a JWT of its own')
  t.strictSame(asked, ['asked o', 'asked j', 'asked j'])
})

t.test('what the provider answers is answered, at once or later', async (t) => {
  const refused: AccessTokenReading = { kind: 'refused', why: 'token-invalid', detail: 'x' }
  t.strictSame(rig(() => refused).jwt('acme', ['acme']), refused)
  const throttled: AccessTokenReading = { kind: 'throttled', retryAfterSeconds: 7 }
  t.strictSame(await rig(async () => throttled).jwt('acme', ['acme']), throttled)
  t.match(await rig(async () => ({ kind: 'read', token })).jwt('acme', ['acme']), { kind: 'identified' })
  const fault = new ProviderFault('PROVIDER_UNREACHABLE', 'away')
  await t.rejects(Promise.resolve(rig(() => Promise.reject(fault)).jwt('acme', ['acme'])), {
    code: 'PROVIDER_UNREACHABLE',
  })
})
