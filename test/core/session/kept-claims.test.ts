import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Json } from '../../../src/core/json.ts'
import { type Claims, lookUp, lookUpForRule } from '../../../src/core/rules/claims.ts'
import { claimsToKeep, keepClaims, keepsAll, scopesToKeep } from '../../../src/core/session/kept-claims.ts'
import { apiKeySettings, selfService } from '../../runtime/keys/keys.ts'
import { gatewayOf } from '../../support/model.ts'

t.test('of the claims the least is kept in which a path leads where it led', async (t) => {
  const claims: Claims = {
    sub: 'alice',
    phone: '123',
    'realm_access.roles': ['dotted'],
    realm_access: { roles: ['a'], other: ['b'] },
    resource_access: { app: { roles: ['x'], more: 1 }, account: { roles: ['y'] } },
    groups: [{ id: 1, name: 'n' }, 'text', null, { name: 'm' }, ['in a list']],
    nothing: null,
    scope: 'a b',
  }
  const cases: readonly (readonly [readonly string[], Claims])[] = [
    [[], {}],
    [['sub', 'absent', 'sub.more'], { sub: 'alice' }],
    [['realm_access.roles'], { 'realm_access.roles': ['dotted'] }],
    [['realm_access.other'], { realm_access: { other: ['b'] } }],
    [['resource_access.app.roles'], { resource_access: { app: { roles: ['x'] } } }],
    [['resource_access.app.roles', 'resource_access'], { resource_access: claims.resource_access as Json }],
    [['groups.id'], { groups: [{ id: 1 }, null, null, {}, null] }],
    [['scope.more'], { scope: null }],
    [['nothing'], { nothing: null }],
    [['__proto__', 'constructor', 'toString'], {}],
  ]
  for (const [paths, kept] of cases) t.same(keepClaims(claims, paths), kept, paths.join(' '))
})

t.test('whatever the claims are, each kept path leads where it led', async (t) => {
  const draw = generator(7)
  const keys = ['a', 'b', 'a.b', 'b.a', 'a.b.c', '', 'c', '__proto__', 'scope']
  const json = (depth: number): Json => {
    const kind = draw(depth > 2 ? 3 : 6)
    if (kind === 0) return 'text words'
    if (kind === 1) return null
    if (kind === 2) return draw(9)
    if (kind === 3) return Array.from({ length: draw(3) }, () => json(depth + 1))
    return object(depth + 1)
  }
  const object = (depth: number): Claims =>
    Object.fromEntries(Array.from({ length: draw(5) }, () => [keys[draw(keys.length)] ?? 'a', json(depth)]))
  const paths = ['a', 'b', 'c', 'a.b', 'a.b.c', 'b.a', 'b.a.c', 'a.b.a.b', 'c.a', 'scope', 'a.', '', 'a.c.b']
  let compared = 0
  for (let round = 0; round < 3000; round++) {
    const claims = object(0)
    const named = paths.filter(() => draw(3) === 0)
    const kept = JSON.parse(JSON.stringify(keepClaims(claims, named)))
    for (const path of named) {
      compared += 1
      const [now, before] = [lookUp(kept, path), lookUp(claims, path)]
      const forRules = [lookUpForRule(kept, path), lookUpForRule(claims, path)]
      if (
        JSON.stringify(now) === JSON.stringify(before) &&
        JSON.stringify(forRules[0]) === JSON.stringify(forRules[1])
      )
        continue
      t.same(now, before, `${path} of ${JSON.stringify(claims)} beside ${named.join(' ')}`)
      return
    }
  }
  t.ok(compared > 10_000, `${compared} look-ups`)
})

t.test(
  'rules, rehearsed rules, headers, the user id, names and what an address hangs on are kept',
  async (t) => {
    const gateway = gatewayOf(`
providers:
  acme:
    issuer: https://acme.example.com
    client_id: id
    client_secret: s
    user_id: employee.id
    display_name: [nick]
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    require: { any: [{ of_the_floor: a }, { none: [{ within.none: b }] }] }
    identity_headers: { X-Phone: phone.mobile }
    identity_assertion: { claims: [of_an_assertion.within] }
    locations:
      - { path: /a, require: { of_a_location: b } }
      - { path: /b, require: { rehearsed: b }, enforce: false }
  other:
    url: https://wiki.example.com/other
    upstream: http://10.0.0.5
    require: { of_another_app_of_the_origin: c }
  elsewhere:
    url: https://elsewhere.example.com
    upstream: http://10.0.0.5
    require: { of_another_origin: c }
`)
    const [origin, provider] = [gateway.hosts.get('wiki.example.com'), gateway.providers.get('acme')]
    if (origin === undefined || provider === undefined) throw new Error('the model lacks what the file has')
    const wanted = claimsToKeep({ gateway, origin, provider })
    const own = [
      'of_an_assertion.within',
      'of_a_location',
      'of_another_app_of_the_origin',
      'of_the_floor',
      'phone.mobile',
      'within.none',
    ]
    const headers = ['email', 'groups', 'preferred_username'] // of apps that name none themselves
    // And what keys take over, of people who may have some.
    const keys = { ...apiKeySettings, selfService: { ...selfService, claims: ['org.plan'] } }
    t.same(
      claimsToKeep({ gateway: { ...gateway, apiKeys: keys }, origin, provider }),
      [...wanted, 'org.plan'].sort(),
    )
    const others = { ...keys, selfService: { ...keys.selfService, providers: ['other'] } }
    t.same(claimsToKeep({ gateway: { ...gateway, apiKeys: others }, origin, provider }), wanted)
    const beside = ['rehearsed', 'employee.id', 'nick', 'email_verified', ...headers]
    t.same(wanted, [...own, ...beside].sort())
  },
)

t.test('a claim that was not kept is one that is missing, whatever is kept around it', async (t) => {
  t.ok(keepsAll(['a', 'b'], ['b']))
  t.ok(keepsAll(['a'], []))
  t.notOk(keepsAll(['a'], ['a', 'b']))
  t.notOk(keepsAll(['a'], ['a.b']), 'another own key might have been longer')
  t.notOk(keepsAll(['a.b'], ['a']))
})

/** The same numbers each time (xorshift). */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

t.test('each place of the model that names claims is one that sessions in cookies know', async (t) => {
  const root = fileURLToPath(new URL('../../../src/core', import.meta.url))
  const fields = globSync('**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/readonly (\w+): (?:readonly )?ClaimPath\b/g)].map(
      ([, field]) => `${file} ${field}`,
    ),
  )
  // A new one belongs into `claimsToKeep` first: what is not kept is missing, which may let somebody in.
  // Those of bearer tokens are read from a token and no session, those of widgets from a key.
  t.same(fields.sort(), [
    'assertion/settings.ts claims',
    'credential/bearer-settings.ts claim',
    'credential/bearer-settings.ts userId',
    'headers/form.ts from',
    'keys/api-key-settings.ts claims',
    'keys/api-key-settings.ts widgetClaims',
    'limits/request-limit.ts claim',
    'limits/request-limit.ts claim',
    'provider-settings.ts displayName',
    'provider-settings.ts userId',
    'rules/claim-fact.ts path',
    'rules/requirement.ts path',
    'session/session-in-cookie.ts kept',
  ])
})

t.test(
  'what a step-up is judged by is kept: its claims, and of the scopes those that it names',
  async (t) => {
    const gateway = gatewayOf(`
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    require: signed_in
    locations:
      - { path: /pay, require: signed_in, step_up: { acr_values: [phr], lasts: 30m, scopes: [payments] } }
      - { path: /admin, require: signed_in, step_up: { auth_context: c1 } }
`)
    const origin = gateway.hosts.get('wiki.example')
    const provider = gateway.providers.get('op')
    if (origin === undefined || provider === undefined) throw new Error('the file has both')
    t.same(
      claimsToKeep({ gateway, origin, provider }).filter((path) => path.startsWith('a')),
      ['acr', 'acrs', 'auth_time'],
    )
    t.same(scopesToKeep({ gateway, origin }, ['openid', 'payments', 'email']), ['payments'])
  },
)
