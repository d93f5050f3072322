// What `limits` are in the model; what is wrong with them is in test/config/cases.
import t from 'tap'
import type { RequestLimit } from '../../../src/core/limits/request-limit.ts'
import { gatewayOf } from '../../support/model.ts'

/** By label: `*` is where no location covers the path. */
function limitsOf(lines: {
  readonly app?: string
  readonly location?: string
  readonly defaults?: string
}): Readonly<Record<string, readonly RequestLimit[]>> {
  const { app = '', location = '', defaults = '' } = lines
  const gateway = gatewayOf(`
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
defaults: {${defaults}}
apps:
  api:
    url: https://api.example.com
    upstream: http://10.0.0.5
    require: signed_in
    ${app}
    locations: [{ path: /own, require: signed_in${location} }, { path: /other, require: signed_in }]
`)
  const [found] = gateway.apps
  const all = found === undefined ? [] : [found.fallback, ...found.allLocations]
  return Object.fromEntries(all.map(({ label, limits }) => [label, limits]))
}

t.test('a limit has the name that is written, or one that says what it is', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['{ name: burst, per: user, rate: 100/1m }', 'burst'],
    ['{ per: user, rate: 100/60s }', 'user 100/1m'],
    ['{ per: client_ip, rate: 5/90s }', 'client_ip 5/90s'],
    ['{ per: app, quota: 100/48h }', 'app 100/2d'],
    ['{ per: { claim: org.id }, quota: 100/2h }', 'org.id 100/2h'],
    ['{ per: user, by: { claim: plan, is: { a: 1/1m }, otherwise: 2/1m } }', 'user by plan'],
  ]
  for (const [written, name] of rows)
    t.same(
      limitsOf({ app: `limits: [${written}]` })['*']?.map((limit) => limit.name),
      [name],
    )
})

t.test('an amount is a rate or a quota, and plans stand in the order of the file', async (t) => {
  const by =
    '{ claim: plan, is: { team: 60/1h, "10": { quota: 6000/1d }, "2": { rate: 9/1s } }, otherwise: 1/1h }'
  const { '*': limits } = limitsOf({ app: `limits: [{ per: user, quota: 5/1d }, { per: app, by: ${by} }]` })
  t.same(
    limits?.map(({ amount }) => amount),
    [
      { kind: 'quota', count: 5, windowSeconds: 86_400 },
      {
        claim: 'plan',
        is: [
          ['team', { kind: 'rate', count: 60, windowSeconds: 3600 }],
          ['10', { kind: 'quota', count: 6000, windowSeconds: 86_400 }],
          ['2', { kind: 'rate', count: 9, windowSeconds: 1 }],
        ],
        otherwise: { kind: 'rate', count: 1, windowSeconds: 3600 },
      },
    ],
  )
})

t.test(
  'a list of a location replaces the app’s and counts apart; the app’s is one for all others',
  async (t) => {
    const limits = limitsOf({
      app: 'limits: [{ per: user, rate: 100/1m }]',
      location: ', limits: [{ per: user, rate: 5/1m }]',
    })
    t.match(limits['/own'], [{ name: 'user 5/1m', location: '/own' }])
    t.match(limits['/other'], [{ name: 'user 100/1m', location: null }])
    t.equal(limits['/other'], limits['*'])
    t.same(limitsOf({ app: 'limits: [{ per: user, rate: 100/1m }]', location: ', limits: []' })['/own'], [])
    t.match(limitsOf({ defaults: ' limits: [{ per: user, rate: 7/1m }] ' })['/own'], [{ name: 'user 7/1m' }])
  },
)

t.test('what happens while nobody counts is open, unless it is said', async (t) => {
  const fails = (text: string): readonly string[] => {
    const { apps } = gatewayOf(text)
    return apps.flatMap(({ fallback, allLocations }) =>
      [fallback, ...allLocations].map((one) => one.limitsFail),
    )
  }
  const file = (app: string, location: string) => `
providers: { acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s } }
apps:
  api:
    url: https://api.example.com
    upstream: http://10.0.0.5
    require: signed_in
    limits: [{ per: user, rate: 100/1m }]
    ${app}
    locations: [{ path: /own, require: signed_in${location} }]
`
  t.same(fails(file('', '')), ['open', 'open'])
  t.same(fails(file('limits_fail: closed', '')), ['closed', 'closed'])
  t.same(fails(file('limits_fail: closed', ', limits_fail: open')), ['closed', 'open'])
})
