import t from 'tap'
import type { HeaderLookup } from '../../../src/core/credential/lookup.ts'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import { judgeWidget, type WidgetSurroundings } from '../../../src/core/keys/widget.ts'
import { selfService } from '../../support/key-place.ts'
import { loadRules } from '../../support/rules.ts'
import { keyOf, personKeyOf } from './keys.ts'

const { hosts } = loadRules('  require: signed_in').gateway
const [own] = new Set(hosts.values())
if (own === undefined) throw new Error('there is no app')
const shop = 'https://shop.example'

const lookup = {
  kind: 'identified',
  principal: {
    ...{
      user: 'key:shop',
      provider: 'api_keys',
      claims: { plan: 'paid', scope: 'read', end_user: 'the boss' },
    },
    by: { kind: 'api_key', id: 'k'.repeat(16), name: 'production' },
  },
  scopes: ['read'],
  endsAt: 5000,
} as const satisfies HeaderLookup

interface Around {
  readonly key?: Partial<ApiKey>
  readonly apiKeys?: Partial<WidgetSurroundings['apiKeys']>
  readonly endUser?: string
  readonly of?: string | null
}

function judged(asked: string | null, { key, apiKeys, endUser, of = shop }: Around = {}): HeaderLookup {
  return judgeWidget(
    lookup,
    { origin: of, endUser: endUser ?? null },
    keyOf('k', { origins: [shop], ...key }),
    asked,
    { hosts, apiKeys: { widgetClaims: [], selfService: null, ...apiKeys } },
  )
}

t.test('a token of a widget counts from pages of its origin', async (t) => {
  t.same(judged(shop, { endUser: 'customer 42' }), {
    ...{ kind: 'identified', scopes: [], endsAt: 5000 },
    principal: {
      ...{ user: 'key:shop', provider: 'api_keys', claims: {} },
      by: { kind: 'widget', id: 'k'.repeat(16), name: 'production', endUser: 'customer 42' },
    },
  })
})

t.test('none, `null`, two, and everything that is not exactly its origin is 401', async (t) => {
  const wrong = [null, '', 'null', `${shop}, ${shop}`, `${shop}/`, `${shop}:443`, 'https://SHOP.example']
  const others = [
    'http://shop.example',
    'https://a.shop.example',
    'https://shop.example.',
    own.origin,
    ` ${shop}`,
  ]
  for (const asked of [...wrong, ...others])
    t.match(judged(asked), { kind: 'refused', why: 'token-wrong-origin' }, String(asked))
})

t.test('an origin that the key lost, or that an app of ours took, is 401', async (t) => {
  const lost = { kind: 'refused', why: 'token-invalid', detail: 'its origin is none of the key any more' }
  t.match(judged(shop, { key: { origins: [] } }), lost)
  t.match(judged(own.origin, { key: { origins: [own.origin] }, of: own.origin }), lost)
  t.match(judged('null', { key: { origins: ['null'] }, of: 'null' }), lost)
  t.match(judged(null, { of: null }), { kind: 'refused', why: 'token-invalid' })
})

t.test('a person’s key has its origins where people may name them', async (t) => {
  const key = personKeyOf('k', { origins: [shop] })
  t.match(judged(shop, { key }), { why: 'token-invalid' })
  t.match(judged(shop, { key, apiKeys: { selfService } }), { why: 'token-invalid' })
  t.match(judged(shop, { key, apiKeys: { selfService: { ...selfService, origins: true } } }), {
    kind: 'identified',
  })
})

t.test(
  'it has the claims and scopes that `widget_claims` lists, and the end user is never one of them',
  async (t) => {
    t.match(judged(shop, { apiKeys: { widgetClaims: ['plan'] } }), {
      principal: { claims: { plan: 'paid' } },
      scopes: [],
    })
    const found = judged(shop, { apiKeys: { widgetClaims: ['scope', 'missing'] }, endUser: 'x' })
    t.same(found.kind === 'identified' && [found.principal.claims, found.scopes], [
      { scope: 'read' },
      ['read'],
    ])
  },
)
