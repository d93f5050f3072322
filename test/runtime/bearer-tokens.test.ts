// Which provider a token goes to, and by whose rules what comes back is judged.
import t from 'tap'
import type { ConnectionCertificate } from '../../src/core/certificate/connection-certificate.ts'
import type { AccessToken } from '../../src/core/credential/access-token.ts'
import type { BearerSettings } from '../../src/core/credential/bearer-settings.ts'
import { ProviderFault } from '../../src/core/fault.ts'
import type { ProviderSettings } from '../../src/core/gateway.ts'
import type { Awaitable } from '../../src/core/ports.ts'
import type { AccessTokenReading } from '../../src/core/provider-port.ts'
import { tokenHash } from '../../src/oidc/bearer/token-hash.ts'
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

/** One that says whose it is; null: it does not. */
function jwtOf(name: string | null): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(name === null ? {} : { iss: `https://${name}.example` })}.j`
}

/** Of these providers each remembers the tokens that are listed, and what it then says. */
type Remembered = Readonly<Record<string, ReadonlyMap<string, Awaitable<AccessTokenReading | null>>>>

function rig(
  answer: Answer = () => ({ kind: 'read', token }),
  { configured = all, remembered = {} }: { configured?: typeof all; remembered?: Remembered } = {},
) {
  const asked: string[] = []
  const tokens = createBearerTokens({
    gateway: { providers: new Map(configured.map((one) => [one.name, one])) },
    providers: new Map(
      all.map(({ name }) => [
        name,
        {
          readAccessToken: (raw: string) => {
            asked.push(`${name} ${raw.slice(-1)}`)
            return answer(raw)
          },
          readRememberedToken: (hash: string) => {
            for (const [known, reading] of remembered[name] ?? [])
              if (tokenHash(known) === hash) return reading
            return null
          },
        },
      ]),
    ),
  })
  const sent = (
    token: string,
    accepted: readonly string[],
    certificate: ConnectionCertificate | null = null,
  ) => tokens.verify({ token }, { app: { providers: accepted }, now, network, certificate })
  const jwt = (name: string | null, accepted: readonly string[]) => sent(jwtOf(name), accepted)
  const opaque = (accepted: readonly string[]) => sent('o', accepted)
  return { asked, jwt, opaque, sent }
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

/** What a provider says of a token that it remembers. */
function knownTo(name: string, raw: string, reading: Awaitable<AccessTokenReading | null>): Remembered {
  return { [name]: new Map([[raw, reading]]) }
}
const read: AccessTokenReading = { kind: 'read', token }

t.test('a token that its provider remembers is not read, and is judged at each use', async (t) => {
  const { asked, jwt } = rig(undefined, { remembered: knownTo('other', jwtOf('other'), read) })
  t.match(jwt('other', ['acme', 'other']), { principal: { user: 'other:alice', provider: 'other' } })
  t.strictSame(asked, [])

  const foreign: AccessTokenReading = { kind: 'read', token: { ...token, audiences: ['of-somebody-else'] } }
  const elsewhere = rig(undefined, { remembered: knownTo('other', jwtOf('other'), foreign) })
  t.match(elsewhere.jwt('other', ['other']), { kind: 'refused', why: 'token-not-for-us' })
  const over: AccessTokenReading = { kind: 'read', token: { ...token, endsAt: now - 60 } }
  const late = rig(undefined, { remembered: knownTo('other', jwtOf('other'), over) })
  t.match(late.jwt('other', ['other']), { kind: 'refused', why: 'token-over' })
  const refused: AccessTokenReading = { kind: 'refused', why: 'token-over', detail: 'exp has passed' }
  const told = rig(undefined, { remembered: knownTo('other', jwtOf('other'), refused) })
  t.strictSame(told.jwt('other', ['other']), refused)
  t.strictSame([...elsewhere.asked, ...late.asked, ...told.asked], [])
})

t.test('one that is bound to a certificate needs it at each use', async (t) => {
  const fingerprint = 'f'.repeat(43)
  const bound: AccessTokenReading = { kind: 'read', token: { ...token, certificate: fingerprint } }
  const { sent } = rig(undefined, { remembered: knownTo('other', jwtOf('other'), bound) })
  const shown = { fingerprint, endsAt: now + 60 } as ConnectionCertificate
  const another = { fingerprint: 'g'.repeat(43), endsAt: now + 60 } as ConnectionCertificate
  t.match(sent(jwtOf('other'), ['other'], shown), { kind: 'identified', endsAt: now + 60 })
  t.match(sent(jwtOf('other'), ['other'], another), { kind: 'refused', why: 'token-invalid' })
  t.match(sent(jwtOf('other'), ['other']), { kind: 'refused', why: 'token-invalid' })
})

t.test('what a provider remembers counts at no app that does not accept it', async (t) => {
  const { asked, jwt } = rig(undefined, { remembered: knownTo('other', jwtOf('other'), read) })
  t.match(jwt('other', ['other']), { kind: 'identified' })
  t.strictSame(jwt('other', ['acme']), unknown)
  t.strictSame(jwt('other', ['acme', 'asked']), unknown)
  t.strictSame(jwt('other', []), unknown)
  t.strictSame(asked, [])
})

t.test('nor under a configuration that has lost the provider, or its `bearer`', async (t) => {
  const remembered = knownTo('other', jwtOf('other'), read)
  const gone = rig(undefined, { remembered, configured: all.filter(({ name }) => name !== 'other') })
  t.strictSame(gone.jwt('other', ['acme', 'other']), unknown)
  const without = all.map((one) => (one.name === 'other' ? settings('other', null) : one))
  t.strictSame(rig(undefined, { remembered, configured: without }).jwt('other', ['acme', 'other']), unknown)
})

t.test('any other text is another token, and takes the long way', async (t) => {
  const raw = jwtOf('other')
  const { asked, sent } = rig(() => ({ kind: 'refused', why: 'token-invalid', detail: 'x' }), {
    remembered: knownTo('other', raw, read),
  })
  for (const one of [`${raw}=`, `${raw}A`, raw.slice(0, -1), raw.replace('.', '=.'), ` ${raw}`])
    t.notMatch(sent(one, ['acme', 'other']), { kind: 'identified' }, one)
  t.match(sent(raw, ['acme', 'other']), { kind: 'identified' })
  t.ok(asked.length > 0)
})

t.test('one whose key is published no more is read again; a fault is told', async (t) => {
  const raw = jwtOf('other')
  const withdrawn = rig(undefined, { remembered: knownTo('other', raw, Promise.resolve(null)) })
  t.match(await withdrawn.jwt('other', ['other']), { kind: 'identified' })
  t.strictSame(withdrawn.asked, ['other j'])
  const later = rig(undefined, { remembered: knownTo('other', raw, Promise.resolve(read)) })
  t.match(await later.jwt('other', ['other']), { kind: 'identified' })
  t.strictSame(later.asked, [])
  const away = Promise.reject(new ProviderFault('PROVIDER_UNREACHABLE', 'away'))
  const fault = rig(undefined, { remembered: knownTo('other', raw, away) })
  await t.rejects(Promise.resolve(fault.jwt('other', ['other'])), { code: 'PROVIDER_UNREACHABLE' })
})
