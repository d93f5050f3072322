import t from 'tap'
import type { HeaderLookup } from '../../../src/core/credential/lookup.ts'
import type { ProviderSettings } from '../../../src/core/gateway.ts'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import type { ApiKeySettings, SelfServiceSettings } from '../../../src/core/keys/api-key-settings.ts'
import { copiedClaims } from '../../../src/core/keys/copied-claims.ts'
import { judgeKey, type KeyUse } from '../../../src/core/keys/judgement.ts'
import { changedKey } from '../../../src/core/keys/key-change.ts'
import { keyPrincipal } from '../../../src/core/keys/key-principal.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import { readJudgedAddress } from '../../../src/core/rules/requirement.ts'
import { loadRules } from '../../support/rules.ts'
import { acme, keyOf, personKeyOf, secretOf } from './keys.ts'

const { gateway } = loadRules('  require: signed_in')
const [known] = gateway.providers.values()
if (known === undefined) throw new Error('there is no provider')
const provider: ProviderSettings = { ...known, ...acme, name: 'acme', userId: 'sub', userIdPrefix: '' }
const other: ProviderSettings = { ...provider, name: 'other', issuer: 'https://other.example.com' }

const selfService: SelfServiceSettings = {
  at: 'https://portal.example.com',
  providers: ['acme'],
  require: requireOf('    plan: paid'),
  claims: ['plan', 'email'],
  maxKeys: 5,
  origins: false,
  lifetimeSeconds: null,
}

function requireOf(rule: string): SelfServiceSettings['require'] {
  const [app] = loadRules(`  require:\n${rule}`).gateway.apps
  if (app?.fallback.access.kind !== 'rule') throw new Error('no rule')
  return app.fallback.access.requirement
}

interface Around {
  readonly apiKeys?: Partial<ApiKeySettings>
  readonly providers?: readonly ProviderSettings[]
  readonly use?: Partial<KeyUse>
  readonly secret?: string
}

function verdict(key: ApiKey, { apiKeys, providers = [provider, other], use, secret = 'a' }: Around = {}) {
  const settings: ApiKeySettings = {
    prefixes: ['cg'],
    header: 'X-Api-Key',
    store: { kind: 'sqlite' },
    secrets: [],
    keys: [],
    claimsMaxAgeSeconds: 1000,
    tokenLifetimeSeconds: 900,
    userIdPrefix: 'key:',
    widgetClaims: [],
    selfService,
    ...apiKeys,
  }
  const named = new Map(providers.map((one) => [one.name, one]))
  const who = keyPrincipal(key, { apiKeys: settings, providers: named })
  return judgeKey({ key, who, selfService: settings.selfService }, hashKeySecret(secretOf(secret)), {
    app: { name: 'api', providers: ['acme'] },
    method: 'GET',
    client: readJudgedAddress('192.0.2.7'),
    now: 1500,
    ...use,
  })
}

/** `identified`, or why not. */
function why(lookup: HeaderLookup): string {
  return 'why' in lookup ? lookup.why : lookup.kind
}

t.test('an operator’s key is its user behind a prefix, vouched for by api_keys', async (t) => {
  t.same(verdict(keyOf('a', { claims: { plan: 'paid', scope: 'read  write' }, expiresAt: 9000 })), {
    kind: 'identified',
    principal: {
      user: 'key:shop',
      provider: 'api_keys',
      claims: { plan: 'paid', scope: 'read  write' },
      by: { kind: 'api_key', id: 'a000000000000000', name: 'shop' },
    },
    scopes: ['read', 'write'],
    endsAt: 9000,
  })
  t.match(verdict(keyOf('a')), { endsAt: null, scopes: [] })
  t.match(verdict(keyOf('a', { claims: { scope: ['a', 'b c', 1] } })), { scopes: ['a', 'b', 'c'] })
  t.match(verdict(keyOf('a', { claims: { scope: 7 } })), { scopes: [] })
})

t.test('an operator’s key never falls asleep, and no provider has to be there', async (t) => {
  const key = keyOf('a', { asleep: true, claimsAt: 0 })
  t.equal(
    why(verdict(key, { providers: [], apiKeys: { selfService: null }, use: { now: 1e9 } })),
    'identified',
  )
})

t.test('a wrong secret is told apart from nothing, whatever the key is', async (t) => {
  const answer = { kind: 'refused', why: 'key-invalid', detail: 'the secret is not that of the key' }
  for (const key of [
    keyOf('a'),
    keyOf('a', { revokedAt: 1200 }),
    keyOf('a', { expiresAt: 1200 }),
    keyOf('a', { apps: ['other'] }),
    keyOf('a', { from: ['10.0.0.0/8'] }),
    personKeyOf('a', { asleep: true }),
    personKeyOf('a', { owner: { kind: 'person', issuer: 'x', clientId: 'y', user: 'alice' } }),
  ])
    t.same(verdict(key, { secret: 'b' }), answer)
})

t.test('whoever has the right secret is told why the key opens nothing', async (t) => {
  const rotated = changedKey(keyOf('a'), {
    ...{ kind: 'rotate', hash: hashKeySecret(secretOf('b')), overlapUntil: 1400, at: 1300 },
  })
  const rows: readonly (readonly [string, ApiKey, string])[] = [
    ['revoked', keyOf('a', { revokedAt: 1400 }), 'key-revoked'],
    ['revoked and over', keyOf('a', { revokedAt: 1400, expiresAt: 1450 }), 'key-revoked'],
    ['over this second', keyOf('a', { expiresAt: 1500 }), 'key-over'],
    ['not yet over', keyOf('a', { expiresAt: 1501 }), 'identified'],
    ['a replaced secret', rotated, 'key-over'],
    ['another app', keyOf('a', { apps: ['shop', 'wiki'] }), 'key-not-for-app'],
    ['no app at all', keyOf('a', { apps: [] }), 'key-not-for-app'],
    ['this app', keyOf('a', { apps: ['shop', 'api'] }), 'identified'],
    ['another method', keyOf('a', { methods: ['POST'] }), 'key-restricted'],
    ['another network', keyOf('a', { from: ['192.0.3.0/24'] }), 'key-restricted'],
    ['no network at all', keyOf('a', { from: [] }), 'key-restricted'],
    ['what is no network', keyOf('a', { from: ['everywhere'] }), 'key-restricted'],
    ['its network', keyOf('a', { from: ['10.0.0.0/8', '192.0.2.0/24'] }), 'identified'],
  ]
  for (const [title, key, expected] of rows) t.equal(why(verdict(key)), expected, title)
})

t.test('a method is that of the request; GET is HEAD too', async (t) => {
  const methods = (...names: readonly string[]) => keyOf('a', { methods: names })
  for (const [key, method, expected] of [
    [methods('GET'), 'HEAD', 'identified'],
    [methods('HEAD'), 'GET', 'key-restricted'],
    [methods('GET', 'POST'), 'DELETE', 'key-restricted'],
    [methods('GET', 'POST'), 'POST', 'identified'],
    [methods(), 'GET', 'key-restricted'],
  ] as const)
    t.equal(why(verdict(key, { use: { method } })), expected, `${key.methods} ${method}`)
})

t.test('an address that nobody knows is in no network', async (t) => {
  const key = keyOf('a', { from: ['0.0.0.0/0', '::/0'] })
  t.equal(why(verdict(key, { use: { client: null } })), 'key-restricted')
  t.equal(why(verdict(key, { use: { client: readJudgedAddress('::ffff:10.1.1.1') } })), 'identified')
  t.equal(why(verdict(keyOf('a'), { use: { client: null } })), 'identified')
})

t.test('a person’s key is that person, with the claims that self_service lists', async (t) => {
  const claims = { sub: 'alice', plan: 'paid', email: 'a@b.example', email_verified: true, role: 'admin' }
  t.same(verdict(personKeyOf('a', { claims, expiresAt: 9000 })), {
    kind: 'identified',
    principal: {
      user: 'alice',
      provider: 'acme',
      claims: { plan: 'paid', email: 'a@b.example' },
      by: { kind: 'api_key', id: 'a000000000000000', name: 'shop' },
    },
    scopes: [],
    endsAt: 2000,
  })
  t.match(verdict(personKeyOf('a', { claims, expiresAt: 1900 })), { endsAt: 1900 })
})

t.test('an address that the provider does not vouch for is in no key', async (t) => {
  const claims = { sub: 'alice', plan: 'paid', email: 'a@b.example' }
  const lookup = verdict(personKeyOf('a', { claims }))
  t.match(lookup, { principal: { claims: { plan: 'paid' }, emailUnverified: true } })
  t.notOk(JSON.stringify(lookup).includes('a@b.example'))
  const trusting = { ...provider, trustEmail: true }
  t.match(verdict(personKeyOf('a', { claims }), { providers: [trusting] }), {
    principal: { claims: { email: 'a@b.example' } },
  })
})

t.test('a person’s key of a provider that the app does not accept does not exist there', async (t) => {
  const invalid = { kind: 'refused', why: 'key-invalid' }
  const stranger = personKeyOf('a', {
    owner: { kind: 'person', issuer: other.issuer, clientId: 'id', user: 'alice' },
  })
  const both = { ...selfService, providers: ['acme', 'other'] }
  t.match(verdict(stranger, { apiKeys: { selfService: both } }), invalid)
  t.equal(
    why(
      verdict(stranger, {
        apiKeys: { selfService: both },
        use: { app: { name: 'api', providers: ['other'] } },
      }),
    ),
    'identified',
  )
  // Nobody learns there that it was revoked, either.
  t.match(verdict({ ...stranger, revokedAt: 1200 }, { apiKeys: { selfService: both } }), invalid)
  // A label is nothing: another client of the same issuer is another provider.
  t.match(verdict(personKeyOf('a'), { providers: [{ ...provider, clientId: 'another' }] }), invalid)
  t.match(verdict(personKeyOf('a'), { use: { app: { name: 'api', providers: [] } } }), invalid)
  // An operator cannot write its way into being a provider's person.
  t.equal(why(verdict(personKeyOf('a'), { providers: [{ ...provider, name: 'renamed' }] })), 'key-invalid')
})

t.test('a person’s key sleeps when its claims are too old, or it was put to sleep', async (t) => {
  t.equal(why(verdict(personKeyOf('a'), { use: { now: 1999 } })), 'identified')
  t.equal(why(verdict(personKeyOf('a'), { use: { now: 2000 } })), 'key-asleep')
  t.equal(why(verdict(personKeyOf('a'), { apiKeys: { claimsMaxAgeSeconds: 500 } })), 'key-asleep')
  t.equal(why(verdict(personKeyOf('a', { claimsAt: 1560 }))), 'identified')
  t.equal(why(verdict(personKeyOf('a', { claimsAt: 1561 }))), 'key-asleep', 'a time that is still to come')
  const asleep = changedKey(personKeyOf('a'), { kind: 'sleep' })
  t.equal(why(verdict(asleep)), 'key-asleep')
  const awake = changedKey(asleep, { kind: 'refresh', claims: { sub: 'alice', plan: 'paid' }, at: 1400 })
  t.match(verdict(awake), { kind: 'identified', endsAt: 2400 })
})

t.test('self_service.require is judged at every use, over the key’s claims', async (t) => {
  const of = (plan: unknown) => personKeyOf('a', { claims: { sub: 'alice', plan: plan as string } })
  t.equal(why(verdict(of('paid'))), 'identified')
  for (const plan of ['free', null, undefined, ['free'], 7])
    t.equal(why(verdict(of(plan))), 'key-asleep', `${plan}`)
  // Unknown is no, also below a `none`.
  const none = { ...selfService, require: requireOf('    none: [plan: free]') }
  t.equal(why(verdict(of(undefined), { apiKeys: { selfService: none } })), 'key-asleep')
  t.equal(why(verdict(of('paid'), { apiKeys: { selfService: none } })), 'identified')
  // A claim of it need not be one that rules see.
  const hidden = { ...selfService, claims: [] }
  t.match(verdict(of('paid'), { apiKeys: { selfService: hidden } }), {
    kind: 'identified',
    principal: { claims: {} },
  })
})

t.test('a person’s key sleeps where nobody makes such keys any more', async (t) => {
  t.equal(why(verdict(personKeyOf('a'), { apiKeys: { selfService: null } })), 'key-asleep')
  // The rule was never written for that provider's claims.
  const others = { ...selfService, providers: ['other'] }
  t.equal(why(verdict(personKeyOf('a'), { apiKeys: { selfService: others } })), 'key-asleep')
})

t.test('a person’s user id is read as that of a session: by today’s settings', async (t) => {
  for (const changed of [
    { userIdPrefix: 'acme:' },
    { userId: 'email' },
    { userId: 'oid' },
    { foreignPrefixes: ['ali'] },
  ])
    t.equal(why(verdict(personKeyOf('a'), { providers: [{ ...provider, ...changed }] })), 'key-asleep')
})

t.test('what is copied is what the key is read by, and nothing else', async (t) => {
  const claims = {
    sub: 'alice',
    plan: 'paid',
    email: 'a@b',
    email_verified: true,
    ssn: '1',
    org: { id: 1, x: 2 },
  }
  t.same(copiedClaims(claims, selfService, provider), {
    ...{ sub: 'alice', plan: 'paid', email: 'a@b', email_verified: true },
  })
  const own = { ...selfService, claims: ['org.id'] }
  t.same(copiedClaims(claims, own, provider), { sub: 'alice', plan: 'paid', org: { id: 1 } })
  t.same(copiedClaims(claims, own, { name: 'acme', userId: 'email' }), {
    ...{ plan: 'paid', email: 'a@b', email_verified: true, org: { id: 1 } },
  })
})
