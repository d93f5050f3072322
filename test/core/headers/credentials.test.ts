import t from 'tap'
import type { Forwarding } from '../../../src/core/gateway.ts'
import type { HeaderPlan } from '../../../src/core/headers/plan.ts'
import { upstreamHeaders } from '../../../src/core/headers/request.ts'
import type { SentTokens } from '../../../src/core/headers/token-headers.ts'
import { formatKey } from '../../../src/core/keys/key-form.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { Secret } from '../../../src/core/secret.ts'
import { forwarding, lines, makeApp, makePlan, planWithKeys, valuesOf } from './apps.ts'

const forms = { prefixes: ['cg'], header: 'X-Api-Key' }
const withKeys = planWithKeys(forms, makeApp())
const key = formatKey({ prefix: 'cg', id: 'Ab3dEf6hIj9kLm2n', secret: 'S'.repeat(43) })

const alice: Principal = { user: 'alice', provider: 'acme', claims: {} }
const byToken: Principal = { ...alice, by: { kind: 'bearer', isClient: false } }
const byKey: Principal = { ...alice, by: { kind: 'api_key', id: 'Ab3dEf6hIj9kLm2n', name: 'Büro, 2' } }
const byPair: Principal = { ...alice, by: { kind: 'exchange', isClient: false } }
const tokens: SentTokens = { access_token: 'session-token', id_token: 'session-id-token' }

interface Sent {
  readonly raw: readonly string[]
  readonly how?: Partial<Forwarding>
  readonly principal?: Principal | null
  readonly plan?: HeaderPlan
}

function sent({ raw, how = {}, principal = null, plan = withKeys }: Sent): readonly string[] {
  const made = upstreamHeaders(plan, {
    rawHeaders: raw,
    forwarding: { ...forwarding, ...how },
    principal,
    tokens: principal === null ? null : tokens,
    clientAddress: null,
    destination: null,
  })
  if (!made.ok) throw new Error(made.reason)
  return made.headers
}

const authorization = (asked: Sent) => valuesOf(sent(asked), 'authorization')
const bearer = ['Authorization', 'Bearer theirs']
const sessionToken: Partial<Forwarding> = {
  upstreamAuthorization: 'access_token',
  tokenHeaders: [{ name: 'Authorization', token: 'access_token', scheme: 'Bearer' }],
}

t.test('what is ours reaches no app, whatever the location says and whoever came', async (t) => {
  const raw = [
    ...['Authorization', `Bearer ${key}`, 'AUTHORIZATION', `bearer ${key.slice(0, 40)}`],
    ...[
      'x-api-key',
      key,
      'X-API-KEY',
      'cg_mistyped',
      'X_Api_Key',
      key,
      'Proxy-Authorization',
      `Bearer ${key}`,
    ],
    ...['authorization', `Basic ${Buffer.from('cg_Ab3dEf6hIj9kLm2n:secret').toString('base64')}`],
    ...['Authorization', 'Bearer cgt_AbC', 'X-Api-Key', 'cgt_AbC'],
  ]
  for (const upstreamAuthorization of ['pass', 'strip', 'forward', 'access_token'] as const)
    for (const principal of [null, alice, byToken, byKey])
      t.same(
        lines(sent({ raw, how: { upstreamAuthorization }, principal })),
        lines(sent({ raw: [], how: { upstreamAuthorization }, principal })),
        `${upstreamAuthorization}, ${principal === null ? 'nobody' : (principal.by?.kind ?? 'session')}`,
      )
})

t.test('of a doubled header each line is judged by itself', async (t) => {
  const raw = [...bearer, 'authorization', `Bearer ${key}`, 'X-Api-Key', 'theirs', 'x-api-key', key]
  t.same(authorization({ raw }), ['Bearer theirs'])
  t.same(valuesOf(sent({ raw }), 'x-api-key'), ['theirs'])
})

t.test('what is not ours passes as before, and without keys nothing is ours', async (t) => {
  const raw = [...bearer, 'X-Api-Key', 'theirs']
  t.same(lines(sent({ raw })).slice(0, 2), ['Authorization: Bearer theirs', 'X-Api-Key: theirs'])
  const keyless = makePlan(makeApp())
  t.same(authorization({ raw: ['Authorization', `Bearer ${key}`], plan: keyless }), [`Bearer ${key}`])
})

t.test('`strip` keeps every Authorization from the app', async (t) => {
  for (const principal of [null, alice, byToken, byKey])
    t.same(authorization({ raw: bearer, how: { upstreamAuthorization: 'strip' }, principal }), [])
})

t.test('`forward` sends the token that counted, and of nobody else anything', async (t) => {
  const how = { upstreamAuthorization: 'forward' } as const
  t.same(authorization({ raw: bearer, how, principal: byToken }), ['Bearer theirs'])
  for (const principal of [null, alice, byKey]) t.same(authorization({ raw: bearer, how, principal }), [])
  const basic = ['Authorization', 'Basic YTpi']
  t.same(authorization({ raw: basic, how, principal: byToken }), [])
})

t.test('`access_token` sends the token that counted, or that of the session', async (t) => {
  const how = sessionToken
  t.same(authorization({ raw: bearer, how, principal: byToken }), ['Bearer theirs'])
  t.same(authorization({ raw: bearer, how, principal: alice }), ['Bearer session-token'])
  t.same(authorization({ raw: bearer, how, principal: byKey }), [])
  t.same(authorization({ raw: bearer, how, principal: null }), [])
})

t.test('a pair of the provider reaches no app; what it gave does, where the app gets a token', async (t) => {
  const raw = ['Authorization', 'Basic YTpi']
  for (const upstreamAuthorization of ['pass', 'strip', 'forward'] as const)
    t.same(authorization({ raw, how: { upstreamAuthorization }, principal: byPair }), [])
  t.same(authorization({ raw, how: { upstreamAuthorization: 'pass' }, principal: null }), ['Basic YTpi'])
  t.same(authorization({ raw, how: sessionToken, principal: byPair }), ['Bearer session-token'])
})

t.test('an app for whose upstream Authorization is set keeps its own', async (t) => {
  const own = [{ name: 'authorization', value: new Secret('Basic b3VyczpvdXJz') }]
  const plan = planWithKeys(forms, makeApp({ upstream: { headers: own } }))
  for (const upstreamAuthorization of ['pass', 'strip'] as const)
    t.same(authorization({ raw: bearer, how: { upstreamAuthorization }, principal: byToken, plan }), [
      'Basic b3VyczpvdXJz',
    ])
})

t.test('a header of ours that is called Authorization is ours at its own app alone', async (t) => {
  const told = makeApp({ identityHeaders: [{ name: 'Authorization', from: 'user' }] })
  const other = makeApp()
  t.same(authorization({ raw: bearer, plan: planWithKeys(forms, told, other) }), [])
  t.same(authorization({ raw: bearer, plan: planWithKeys(forms, other, told) }), ['Bearer theirs'])
  const sending = makeApp({ tokenHeaders: sessionToken.tokenHeaders ?? [] })
  t.same(authorization({ raw: bearer, plan: planWithKeys(forms, other, sending) }), ['Bearer theirs'])
})

t.test('the app is told by what somebody came, and by which key', async (t) => {
  const credentialHeaders = [
    { name: 'X-By', says: 'credential' },
    { name: 'X-Key-Id', says: 'key_id' },
    { name: 'X-Key-Name', says: 'key_name' },
    { name: 'X-End-User', says: 'end_user' },
  ] as const
  const plan = planWithKeys(forms, makeApp({ credentialHeaders }))
  const raw = [
    'X-By',
    'session',
    'x-key-id',
    'theirs',
    'X_KEY_NAME',
    'theirs',
    'X-Key-Name',
    'theirs',
    'X-End-User',
    'theirs',
  ]
  const told = (principal: Principal | null) =>
    lines(sent({ raw, how: { credentialHeaders, identityHeaders: [] }, principal, plan })).filter((line) =>
      /^x-(?:by|key|end)/i.test(line),
    )
  t.same(told(null), [])
  t.same(told(alice), ['X-By: session'])
  t.same(told(byToken), ['X-By: bearer'])
  t.same(told(byKey), ['X-By: api_key', 'X-Key-Id: Ab3dEf6hIj9kLm2n', 'X-Key-Name: B%C3%BCro%2C 2'])
  const by = { kind: 'widget', id: 'Ab3dEf6hIj9kLm2n', name: 'ci', endUser: 'Ada, 2' } as const
  // The claim of that name is the provider's own.
  const widget: Principal = { ...alice, claims: { end_user: 'theirs' }, by }
  t.same(told(widget), [
    ...['X-By: widget', 'X-Key-Id: Ab3dEf6hIj9kLm2n', 'X-Key-Name: ci', 'X-End-User: Ada%2C 2'],
  ])
  t.same(told({ ...alice, by: { ...by, endUser: null } }).slice(3), [])
})

t.test('tokens of a session beside a key or token that counted are sent to nobody', async (t) => {
  const how = { tokenHeaders: [{ name: 'X-Token', token: 'access_token' as const }] }
  t.same(valuesOf(sent({ raw: [], how, principal: alice }), 'x-token'), ['session-token'])
  for (const principal of [byToken, byKey, byPair])
    t.same(valuesOf(sent({ raw: [], how, principal }), 'x-token'), [])
})

t.test(
  'where pairs of a provider are taken, `pass` sends none to the app, whether it counted or not',
  async (t) => {
    const how = { upstreamAuthorization: 'pass', takesPairs: true } as const
    const basic = `Basic ${Buffer.from('ada:secret').toString('base64')}`
    for (const value of [basic, basic.toUpperCase(), `\tbasic\t${basic.slice(6)}`, 'Basic'])
      for (const principal of [null, alice, byPair])
        t.same(authorization({ raw: ['Authorization', value], how, principal }), [], value)
    t.same(authorization({ raw: bearer, how }), ['Bearer theirs'], 'another scheme is the app’s')
    const elsewhere = { upstreamAuthorization: 'pass' } as const
    t.same(authorization({ raw: ['Authorization', basic], how: elsewhere }), [basic], 'as is Basic elsewhere')
  },
)
