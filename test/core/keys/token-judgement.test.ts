import t from 'tap'
import type { HeaderLookup } from '../../../src/core/credential/lookup.ts'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import { changedKey } from '../../../src/core/keys/key-change.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import type { ShortToken } from '../../../src/core/keys/short-token.ts'
import { faultOfToken, judgeShortToken, type TokenUse } from '../../../src/core/keys/token-judgement.ts'
import { readJudgedAddress } from '../../../src/core/rules/requirement.ts'
import { keyOf, secretOf } from './keys.ts'

const token: ShortToken = {
  ...{ of: 'api_key', keyId: keyOf('a').id, secretHash: hashKeySecret(secretOf('a')) },
  at: 'https://api.example.com',
  ...{ issuedAt: 1000, endsAt: 1900, scopes: null, origin: null, endUser: null },
}
const use: TokenUse = {
  app: { name: 'api', providers: [] },
  at: 'https://api.example.com',
  origin: null,
  method: 'GET',
  client: readJudgedAddress('192.0.2.7'),
  now: 1500,
}
const settings = { tokenLifetimeSeconds: 900 }

interface Around {
  readonly key?: ApiKey
  readonly use?: Partial<TokenUse>
  readonly tokenLifetimeSeconds?: number
  readonly widgetClaims?: readonly string[]
}

function judged(changes: Partial<ShortToken> = {}, around: Around = {}): HeaderLookup {
  const { key = keyOf('a', { claims: { plan: 'paid', scope: 'read write' } }) } = around
  const by = { kind: 'api_key', id: key.id, name: key.name } as const
  const principal = { user: 'key:shop', provider: 'api_keys', claims: key.claims, by }
  const known = { key, who: { kind: 'operator', principal }, selfService: null } as const
  const { tokenLifetimeSeconds = 900, widgetClaims = [] } = around
  const apiKeys = { tokenLifetimeSeconds, widgetClaims, selfService: null }
  return judgeShortToken(
    known,
    { ...token, ...changes },
    { ...use, ...around.use },
    { apiKeys, hosts: new Map() },
  )
}

const why = (lookup: HeaderLookup): string => ('why' in lookup ? lookup.why : lookup.kind)

t.test('a token is its key: the same user, claims, id and name', async (t) => {
  t.same(judged(), {
    kind: 'identified',
    principal: {
      ...{ user: 'key:shop', provider: 'api_keys', claims: { plan: 'paid', scope: 'read write' } },
      by: { kind: 'api_key', id: keyOf('a').id, name: 'shop' },
    },
    scopes: ['read', 'write'],
    endsAt: 1900,
  })
})

t.test('a token opens until it ends, or its key, or its secret, whichever comes first', async (t) => {
  t.equal(why(judged({}, { use: { now: 1899 } })), 'identified')
  t.equal(why(judged({}, { use: { now: 1900 } })), 'token-over')
  t.match(judged({}, { key: keyOf('a', { expiresAt: 1700 }) }), { kind: 'identified', endsAt: 1700 })
  t.equal(why(judged({}, { key: keyOf('a', { expiresAt: 1500 }) })), 'key-over')
  const until = { hash: hashKeySecret(secretOf('a')), until: 1600 }
  const rotated = keyOf('a', { secrets: [{ hash: hashKeySecret(secretOf('b')), until: null }, until] })
  t.match(judged({}, { key: rotated }), { kind: 'identified', endsAt: 1600 })
  t.equal(why(judged({}, { key: rotated, use: { now: 1600 } })), 'key-over')
})

t.test('a token dies with its key, and with its secret when there is no overlap', async (t) => {
  t.equal(why(judged({}, { key: changedKey(keyOf('a'), { kind: 'revoke', at: 1400 }) })), 'key-revoked')
  const hash = hashKeySecret(secretOf('b'))
  t.equal(why(judged({}, { key: keyOf('a', { secrets: [{ hash, until: null }] }) })), 'key-over')
  t.equal(why(judged({ secretHash: 'x' })), 'key-over', 'nor does it open by a secret that never was')
})

t.test('what the key is not for, its token is not for', async (t) => {
  t.equal(why(judged({}, { key: keyOf('a', { apps: ['other'] }) })), 'key-not-for-app')
  t.equal(why(judged({}, { key: keyOf('a', { methods: ['POST'] }) })), 'key-restricted')
  t.equal(why(judged({}, { key: keyOf('a', { from: ['198.51.100.0/24'] }) })), 'key-restricted')
})

t.test('a token opens nothing at another origin', async (t) => {
  t.equal(why(judged({}, { use: { at: 'https://other.example.com' } })), 'token-not-for-us')
  t.equal(why(judged({}, { use: { at: 'http://api.example.com' } })), 'token-not-for-us')
})

t.test('a narrowed token has those of the scopes that its key still has', async (t) => {
  t.match(judged({ scopes: ['read'] }), { scopes: ['read'], principal: { claims: { scope: 'read' } } })
  const key = keyOf('a', { claims: { scope: 'write' } })
  t.match(judged({ scopes: ['read'] }, { key }), { scopes: [], principal: { claims: { scope: '' } } })
  t.match(judged({ scopes: ['read', 'write'] }, { key }), { scopes: ['write'] })
})

t.test('a clock that was set back does not make a token older than it is', async (t) => {
  t.equal(why(judged({}, { use: { now: 940 } })), 'identified', 'by less than clocks may differ')
  t.equal(why(judged({}, { use: { now: 939 } })), 'token-invalid')
})

t.test('an operator who shortens the time shortens it for tokens that are out', async (t) => {
  t.equal(why(judged({}, { tokenLifetimeSeconds: 500 })), 'token-over')
  t.match(judged({}, { tokenLifetimeSeconds: 600 }), { kind: 'identified', endsAt: 1600 })
  t.match(judged({}, { tokenLifetimeSeconds: 9000 }), { endsAt: 1900 }, 'a longer one makes none longer')
})

t.test('a widget’s opens for 15 minutes, whatever the settings say', async (t) => {
  const widget = { ...token, of: 'widget', endsAt: 9000, origin: 'https://shop.example' } as const
  const at = (now: number) => faultOfToken(widget, { ...use, now }, { tokenLifetimeSeconds: 86_400 })?.why
  t.same([at(1899), at(1900)], [undefined, 'token-over'])
})

t.test('what is wrong with the token itself is known before its key is looked up', async (t) => {
  t.equal(faultOfToken(token, use, settings), null)
  t.match(faultOfToken(token, { ...use, now: 1900 }, settings), { why: 'token-over' })
  t.match(faultOfToken({ ...token, at: 'https://b.example.com' }, use, settings), { why: 'token-not-for-us' })
})
