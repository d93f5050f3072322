import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { TokenGrant } from '../../../src/core/credential/token-grant.ts'
import type { Gateway, Origin } from '../../../src/core/gateway.ts'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import { changedKey } from '../../../src/core/keys/key-change.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'
import {
  createShortTokens,
  type KeyTokenWish,
  type ShortTokens,
} from '../../../src/runtime/keys/short-tokens.ts'
import { tokenRing } from '../../../src/runtime/keys/token-ring.ts'
import { surroundings } from '../../config/surroundings.ts'
import { keyOf, personKeyOf, secretOf } from '../../core/keys/keys.ts'
import { openRuntimeKeys, usual, whyOf } from './keys.ts'

const text = `
session: { store: sqlite }
api_keys:
  self_service: { at: "https://portal.example.com", require: signed_in, claims: [plan] }
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
  other: { issuer: "https://other.example.com", client_id: id, client_secret: s, user_id_prefix: "o:" }
apps:
  portal: { url: "https://portal.example.com", upstream: "http://127.0.0.1:1", provider: acme, require: signed_in }
  api:
    { url: "https://api.example.com", upstream: "http://127.0.0.1:1", provider: acme, credentials: [api_key], require: signed_in }
  more:
    { url: "https://api.example.com/more", upstream: "http://127.0.0.1:1", provider: acme, credentials: [api_key], require: signed_in }
  elsewhere:
    { url: "https://elsewhere.example.com", upstream: "http://127.0.0.1:1", provider: other, credentials: [api_key], require: signed_in }
`

function load(): Gateway {
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.gateway
}

const gateway = load()
const [first, second] = [new Secret('a'.repeat(32)), new Secret('b'.repeat(32))]

function originOf(host: string): Origin {
  const origin = gateway.hosts.get(host)
  if (origin === undefined) throw new Error(host)
  return origin
}

const api = originOf('api.example.com')

function open(t: Test, keys: readonly ApiKey[] = []) {
  const opened = openRuntimeKeys(t, { gateway: { ...gateway, session: { duringOutageSeconds: 60 } } })
  const tokensBy = (...secrets: Secret[]) =>
    createShortTokens({ gateway, keys: opened.keys, ring: buildKeyRing(secrets), random: randomBytes })
  const tokens = tokensBy(first)
  const stored = Promise.all(keys.map((key) => opened.store.create(key, { ofPerson: null, now: 1000 })))

  async function give(
    key: ApiKey,
    wish: Partial<KeyTokenWish> & { secret?: string } = {},
  ): Promise<TokenGrant> {
    await stored
    const { secret = 'a', ...rest } = wish
    const { client, network } = usual
    return tokens.give(
      { prefix: 'cg', id: key.id, secret: secretOf(secret) },
      {
        ...{ origin: api, client, network, now: opened.clock.now() },
        ...{ scopes: null, lifetimeSeconds: null, widget: null, ...rest },
      },
    )
  }

  async function tokenOf(key: ApiKey, wish: Partial<KeyTokenWish> = {}): Promise<string> {
    const grant = await give(key, wish)
    if (grant.kind !== 'granted') throw new Error(JSON.stringify(grant))
    return grant.accessToken
  }

  const use = (token: string, more: Partial<Parameters<ShortTokens['verify']>[1]> = {}, by = tokens) => {
    const at = { ...usual, at: api.origin, origin: null, now: opened.clock.now(), ...more }
    return by.verify({ kind: 'short-token', by: 'bearer', of: 'api_key', token }, at)
  }
  const ask = async (...args: Parameters<typeof use>) => whyOf(await use(...args))
  return { ...opened, give, tokenOf, use, ask, tokensBy, stored }
}

/** Without who asked: what goes into an answer, and into the log. */
function told(grant: TokenGrant): string {
  return grant.kind === 'refused' ? `${grant.error}: ${grant.says}` : grant.kind
}

const unknown = 'invalid_client: the id or the secret is wrong'

t.test(
  'a token of a key that is remembered is answered without a promise, and without the store',
  async (t) => {
    const { store, tokenOf, use } = open(t, [keyOf('a')])
    const token = await tokenOf(keyOf('a'))
    const { loads } = store
    const lookup = use(token)
    t.notOk(lookup instanceof Promise)
    t.match(lookup, {
      kind: 'identified',
      endsAt: 2900,
      principal: { user: 'key:shop', by: { name: 'shop' } },
    })
    t.equal(store.loads, loads)
  },
)

t.test(
  'a wrong secret, an id of nobody and a key that no app of the origin accepts have one answer',
  async (t) => {
    const owner = {
      kind: 'person',
      issuer: 'https://other.example.com',
      clientId: 'id',
      user: 'o:alice',
    } as const
    const person = personKeyOf('b', { owner })
    const foreign = keyOf('c', { apps: ['elsewhere'] })
    const revoked = changedKey(keyOf('d', { apps: ['elsewhere'] }), { kind: 'revoke', at: 1500 })
    const { give } = open(t, [keyOf('a'), person, foreign, revoked])
    const grants = [
      await give(keyOf('a'), { secret: 'b' }),
      await give(keyOf('nobody')),
      ...[await give(person), await give(foreign), await give(revoked)],
    ]
    for (const grant of grants) {
      t.equal(told(grant), unknown)
      t.match(grant, { why: 'key-invalid', by: { credential: 'api_key', principal: null } })
    }
  },
)

t.test('whoever has the right secret is told what is the matter with the key', async (t) => {
  const { give } = open(t, [
    changedKey(keyOf('a'), { kind: 'revoke', at: 1500 }),
    keyOf('b', { expiresAt: 1500 }),
    personKeyOf('c', { asleep: true }),
    keyOf('d', { from: ['198.51.100.0/24'] }),
  ])
  t.equal(told(await give(keyOf('a'))), 'invalid_client: the key was revoked')
  t.equal(told(await give(keyOf('b'))), 'invalid_client: the key or this secret of it has ended')
  t.equal(told(await give(keyOf('c'))), 'invalid_client: the key sleeps until its owner signs in')
  t.equal(told(await give(keyOf('d'))), 'unauthorized_client: the key is not for this address')
})

t.test('a key that is for some methods gets a token, which is for these', async (t) => {
  const key = keyOf('a', { methods: ['GET'] })
  const { tokenOf, ask } = open(t, [key])
  const token = await tokenOf(key)
  t.equal(await ask(token), 'identified')
  t.equal(await ask(token, { method: 'POST' }), 'key-restricted')
})

t.test('a key is asked about at all apps of the origin', async (t) => {
  const key = keyOf('a', { apps: ['more'] })
  const { tokenOf, ask } = open(t, [key])
  const token = await tokenOf(key)
  t.equal(await ask(token, { app: { name: 'more', providers: ['acme'] } }), 'identified')
  t.equal(await ask(token), 'key-not-for-app')
})

t.test('where nothing lists keys no token is given, whatever came', async (t) => {
  const { give, store } = open(t, [keyOf('a')])
  const origin = originOf('portal.example.com')
  for (const secret of ['a', 'b'])
    t.match(told(await give(keyOf('a'), { origin, secret })), /^unauthorized_client: tokens of keys/)
  t.equal(store.loads, 0)
})

t.test('a token opens nothing at an origin that did not give it', async (t) => {
  const { tokenOf, ask } = open(t, [keyOf('a')])
  const at = 'https://elsewhere.example.com'
  t.equal(await ask(await tokenOf(keyOf('a')), { at }), 'token-not-for-us')
})

t.test('a lifetime shortens a token, and no longer one is given', async (t) => {
  const { give, use, tokenOf } = open(t, [keyOf('a'), keyOf('b', { expiresAt: 2100 })])
  t.match(await give(keyOf('a'), { lifetimeSeconds: 60 }), { kind: 'granted', expiresInSeconds: 60 })
  t.match(await give(keyOf('a'), { lifetimeSeconds: 900 }), { expiresInSeconds: 900 })
  t.equal(
    told(await give(keyOf('a'), { lifetimeSeconds: 901 })),
    'invalid_request: lifetime is more than 900 seconds',
  )
  t.match(await give(keyOf('b')), { expiresInSeconds: 100 }, 'it ends with its key')
  t.match(await use(await tokenOf(keyOf('a'), { lifetimeSeconds: 60 })), { endsAt: 2060 })
})

t.test('a scope is one of the key’s', async (t) => {
  const key = keyOf('a', { claims: { scope: 'read write' } })
  const { give } = open(t, [key, keyOf('b')])
  t.match(await give(key), { kind: 'granted', scopes: ['read', 'write'] })
  t.match(await give(key, { scopes: ['write'] }), { scopes: ['write'] })
  t.match(await give(keyOf('b')), { kind: 'granted', scopes: null })
  for (const [of, scopes] of [
    [key, ['read', 'admin']],
    [keyOf('b'), ['read']],
  ] as const)
    t.match(told(await give(of, { scopes })), /^invalid_scope: /)
  const scopes = Array.from({ length: 400 }, (_, at) => `scope:${at}`)
  const wide = keyOf('c', { claims: { scope: scopes } })
  const { give: giveWide } = open(t, [wide])
  t.equal(
    told(await giveWide(wide, { scopes })),
    'invalid_request: what is asked for is too long for a token',
  )
})

t.test('no widget is given where no location lists it', async (t) => {
  const { give } = open(t, [keyOf('a', { origins: ['https://shop.example'] })])
  const widget = { origin: 'https://shop.example', endUser: null }
  t.match(told(await give(keyOf('a'), { widget })), /^unauthorized_client: tokens of widgets/)
})

t.test('a token dies with its key, with its secret, and while the key sleeps', async (t) => {
  const person = personKeyOf('b')
  const { store, tokenOf, ask, keys } = open(t, [keyOf('a'), keyOf('c'), person])
  const [ofRevoked, ofRotated, ofSleeper] = [
    await tokenOf(keyOf('a')),
    await tokenOf(keyOf('c')),
    await tokenOf(person),
  ]
  for (const token of [ofRevoked, ofRotated, ofSleeper]) t.equal(await ask(token), 'identified')
  await store.change(keyOf('a').id, { kind: 'revoke', at: 2000 })
  t.equal(await ask(ofRevoked), 'key-revoked')
  const hash = hashKeySecret(secretOf('b'))
  await store.change(keyOf('c').id, { kind: 'rotate', hash, at: 2000, overlapUntil: null })
  t.equal(await ask(ofRotated), 'key-over')
  await keys.sleep({ user: 'alice' })
  t.equal(await ask(ofSleeper), 'key-asleep')
})

t.test('processes whose secrets are rotated one after the other open each other’s tokens', async (t) => {
  const { tokenOf, ask, tokensBy } = open(t, [keyOf('a')])
  const token = await tokenOf(keyOf('a'))
  t.equal(
    await ask(token, {}, tokensBy(first, second)),
    'identified',
    'the new one is known everywhere first',
  )
  t.equal(await ask(token, {}, tokensBy(second, first)), 'identified', 'then it seals')
  t.equal(await ask(token, {}, tokensBy(second)), 'token-invalid', 'then the old one is gone')
})

t.test('`api_keys.secret` seals tokens, and where there is none what seals sessions', async (t) => {
  const sessions = buildKeyRing([first])
  t.equal(tokenRing(gateway, sessions), sessions)
  t.equal(tokenRing({ apiKeys: null }, sessions), sessions)
  const { apiKeys } = gateway
  if (apiKeys === null) throw new Error('no keys')
  const own = tokenRing({ apiKeys: { ...apiKeys, secrets: [second, first] } }, sessions)
  t.same([own.sealing.kid, own.opening.size], [buildKeyRing([second]).sealing.kid, 2])
})

t.test('a network that guesses is refused, and nobody’s good key or token with it', async (t) => {
  const { give, ask, tokenOf, clock, store } = open(t, [keyOf('a'), keyOf('b')])
  const token = await tokenOf(keyOf('a'))
  for (let at = 0; at < limits.failedCredentials; at++)
    t.equal(told(await give(keyOf('a'), { secret: 'c' })), unknown)
  t.match(await give(keyOf('a'), { secret: 'c' }), { kind: 'throttled', retryAfterSeconds: 60 })
  t.equal((await give(keyOf('a'))).kind, 'granted')
  t.equal(await ask(token), 'identified')
  // Longer ago than is believed without the store: it is asked, and the key goes on.
  clock.time += 59
  await store.change(keyOf('b').id, { kind: 'revoke', at: 2000 })
  t.equal((await give(keyOf('a'))).kind, 'granted')
  const other = { key: '198.51.100.7', hidden: false }
  t.equal((await give(keyOf('a'), { network: other })).kind, 'granted', 'others are not refused')
})

t.test('a key that was seen long ago is asked for again though its network guesses', async (t) => {
  const { give, clock, store } = open(t, [keyOf('a')])
  t.equal((await give(keyOf('a'))).kind, 'granted')
  clock.time += 600
  const { loads } = store
  for (let at = 0; at <= limits.failedCredentials; at++) await give(keyOf(`x${at}`))
  t.equal((await give(keyOf('a'))).kind, 'granted')
  t.ok(store.loads > loads)
})

t.test('tokens that nothing opens do not count against a network', async (t) => {
  const { ask, give } = open(t, [keyOf('a')])
  for (let at = 0; at <= limits.failedCredentials; at++)
    t.equal(await ask(`cgt_k${'A'.repeat(80)}`), 'token-invalid')
  t.equal(told(await give(keyOf('a'), { secret: 'c' })), unknown)
})

t.test('a flood of made-up ids holds up no token of a key that is not remembered', async (t) => {
  const one = open(t, [keyOf('a')])
  const token = await one.tokenOf(keyOf('a'))
  const { keys, stored, clock, store, use } = open(t, [keyOf('a')])
  await stored
  const network = (at: number) => ({ key: `network ${at}`, hidden: false })
  for (let at = 0; at < limits.unknownKeyLookups; at++)
    await keys.verify(
      { prefix: 'cg', id: `n${at}x`.padEnd(16, '0'), secret: secretOf('a') },
      { ...usual, network: network(at), now: clock.now() },
    )
  const { loads } = store
  t.equal(whyOf(await use(token)), 'identified')
  t.equal(store.loads, loads + 1)
})

t.test('an outage of the store is a fault, but for keys that were verified lately', async (t) => {
  const { tokenOf, ask, store, clock } = open(t, [keyOf('a')])
  const token = await tokenOf(keyOf('a'))
  store.fails = true
  t.equal(await ask(token), 'identified')
  clock.time += 61
  await t.rejects(ask(token), { code: 'STORE_UNAVAILABLE' })
})
