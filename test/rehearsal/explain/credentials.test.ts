// What `explain` says of somebody who comes by a token or a key, and of what a program is told.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Credential } from '../../../src/core/credential/credential.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import type { Person } from '../../../src/http/admission/probe.ts'
import { explain } from '../../../src/rehearsal/explain/explanation.ts'
import { explanationText } from '../../../src/rehearsal/explain/text.ts'
import { whoMayOpen } from '../../../src/rehearsal/who/answer.ts'
import { surroundings } from '../../config/surroundings.ts'
import { apiKey, apiKeys, bearer, withBearer, withLocations } from '../../support/accepting.ts'

const text = `
trusted_proxies: none
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
  staff: { issuer: "https://staff.example.com", client_id: gate, client_secret: "\${env:SECRET}", user_id_prefix: "s:" }
apps:
  shop:
    url: https://shop.example.com
    upstream: http://10.0.0.5
    provider: [acme, staff]
    locations:
      - { path: /, require: signed_in }
      - { path: /api, require: { any: [{ provider: [acme, staff], plan: paid }, { client_ip: 10.0.0.0/8 }] } }
      - { path: /robots, require: { provider: acme, scope: robots } }
      - { path: /mixed, require: signed_in }
`
const loaded = loadGatewayFromText(text, surroundings)
if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
const { gateway: base } = loaded

const lists: Readonly<Record<string, readonly Credential[]>> = {
  '/api': ['bearer', 'api_key'],
  '/robots': ['bearer'],
  '/mixed': ['session', 'api_key'],
}
const selfService = {
  at: 'https://shop.example.com',
  providers: ['acme'],
  require: { kind: 'signed_in' },
  claims: ['plan'],
  maxKeys: 5,
  origins: false,
  lifetimeSeconds: null,
} as const
const gateway: Gateway = {
  ...withLocations(withBearer(base, 'acme', { ...bearer, acceptClients: true }), (location) => ({
    ...location,
    credentials: lists[location.label] ?? location.credentials,
  })),
  apiKeys: { ...apiKeys, keys: [apiKey], selfService },
}

const ask = (path: string, person: Person | null, headers: Readonly<Record<string, string>> = {}) =>
  explain(gateway, {
    method: 'GET',
    url: `https://shop.example.com${path}`,
    person,
    clientAddress: null,
    headers,
  })
const token = (claims: Person['claims']): Person => ({
  provider: 'acme',
  claims: { sub: 'ada', ...claims },
  by: { kind: 'bearer', isClient: false },
})
const key = (change: Partial<typeof apiKey> = {}): Person => ({
  provider: 'api_keys',
  claims: {},
  by: { kind: 'api_key', id: apiKey.id, name: apiKey.name },
  key: { ...apiKey, ...change },
})

t.test('a token that counts, with what the app gets and what is missing', async (t) => {
  const told = ask('/api', token({ plan: 'paid' }))
  t.match(told, { outcome: 'allowed', counts: 'bearer', www_authenticate: null })
  t.match(told.request, { provider: 'acme', credential: 'bearer', key: null })
  t.match(explanationText(told), /by an access token of acme/)
  t.match(
    explanationText(told),
    /credential +bearer: a token or key that is presented counts before a session/,
  )
  const refused = ask('/api', token({ plan: 'free' }))
  t.match(refused, { outcome: 'denied', reason: 'rule-not-met' })
  t.match(refused.www_authenticate, /^Bearer realm="claimgate", error="insufficient_scope"/)
  t.match(refused.changes, [
    [{ kind: 'client_ip' }],
    [{ kind: 'claim', claim: 'plan', text: '"paid"', now: '"free"' }],
  ])
})

t.test('a credential that is not good: why, and nothing of rules that nobody asked', async (t) => {
  const told = ask('/api', token({ aud: 'gate' }))
  t.match(told, {
    outcome: 'sign_in',
    reason: 'token-not-for-us',
    status: 401,
    counts: 'bearer',
    changes: [],
  })
  t.match(told.sentence, /Here: its aud has none of the `audiences`\.$/)
  t.match(
    told.www_authenticate,
    /^Basic realm="claimgate", charset="UTF-8", Bearer realm="claimgate", error="invalid_token"/,
  )
  t.match(explanationText(told), /^ {2}unauthorized: token-not-for-us$/m)
  const over = ask('/api', key({ revokedAt: 1 }))
  t.match(over, { outcome: 'sign_in', reason: 'key-revoked', counts: 'api_key' })
  const restricted = ask('/api', key({ methods: ['POST'] }))
  t.match(restricted, { outcome: 'denied', reason: 'key-restricted' })
  t.match(restricted.sentence, /Here: the key is not for this method\.$/)
  t.match(ask('/robots', key()), { reason: 'credential-not-accepted', counts: 'bearer' })
})

t.test('nobody: what a program is told of how to come', async (t) => {
  const told = ask('/api', null)
  t.match(told, { outcome: 'sign_in', reason: 'no-credential', counts: null })
  t.match(told.www_authenticate, /^Basic realm="claimgate", charset="UTF-8", Bearer realm="claimgate"/)
  t.match(explanationText(told), /credential +none was presented; accepted here: bearer, api_key/)
  t.match(
    ask('/mixed', null, { 'x-requested-with': 'XMLHttpRequest' }).www_authenticate,
    /Basic .*Cookie realm/,
  )
  t.equal(ask('/', null).www_authenticate, null, 'where people alone come the answer needs no such words')
})

t.test('a session beside: it counts where it is listed and nothing else is presented', async (t) => {
  const ada: Person = { provider: 'acme', claims: { sub: 'ada' } }
  t.match(ask('/mixed', ada), { outcome: 'allowed', counts: 'session' })
  t.match(ask('/api', ada), { reason: 'no-credential', counts: null })
  t.match(ask('/mixed', ada, { 'x-api-key': 'mistyped' }), {
    reason: 'credential-unknown',
    counts: 'api_key',
  })
})

t.test('where sessions alone count, somebody with a key is told why it helps nothing', async (t) => {
  const note = 'Tokens and keys are not looked at here: `credentials` lists `session` alone.'
  const key: Person = { provider: 'api_keys', claims: {}, by: { kind: 'api_key', id: 'x', name: 'x' } }
  t.match(ask('/', key), { reason: 'no-session', notes: [note] })
  t.notOk(ask('/api', key).notes.includes(note))
  t.notOk(ask('/', null).notes.includes(note))
})

t.test('who may open a location, by each credential', async (t) => {
  const who = (path: string) => whoMayOpen(gateway, { method: 'GET', url: `https://shop.example.com${path}` })
  t.equal(
    who('/api').text,
    `GET https://shop.example.com/api
app shop, location /api

Without any credential: whoever meets this:
  - client_ip: 10.0.0.0/8 (no sign-in is needed)

By bearer (an access token of acme), whoever meets this:
  - plan: "paid"

By api_key (a key that an operator made, or of a person of acme), whoever meets this:
  - provider: acme
    and plan: "paid"
`,
  )
  t.match(
    who('/mixed').text,
    /By session \(signed in with one of acme, staff\), whoever meets this:\n {2}- signed in with one of acme, staff\n/,
  )
  t.match(who('/mixed').text, /By api_key .*\n {2}- credential: api_key\n/)
  t.match(
    who('/robots').text,
    /By bearer \(an access token of acme\), whoever meets this:\n {2}- scope: "robots"\n/,
  )
  t.match(who('/').text, /^Whoever meets this:\n {2}- signed in with one of acme, staff\n/m, 'as before')
  const { sets } = who('/api').json as { sets: readonly (readonly { kind: string; text: string }[])[] }
  t.same(
    sets.map((set) => set.map(({ kind, text }) => `${kind} ${text}`)),
    [
      ['client_ip 10.0.0.0/8'],
      ['credential bearer', 'claim "paid"'],
      ['credential api_key', 'provider acme', 'claim "paid"'],
    ],
  )
})

t.test('who may open it: the scopes that every token must have', async (t) => {
  const requiredScopes = ['read', 'write']
  const scoped = withBearer(gateway, 'acme', { ...bearer, acceptClients: true, requiredScopes })
  const { text: told, json } = whoMayOpen(scoped, { method: 'GET', url: 'https://shop.example.com/robots' })
  t.match(
    told,
    /By bearer \(an access token of acme with the scopes read and write\), whoever meets this:\n {2}-/,
  )
  t.match(json, { required_scopes: { acme: requiredScopes } })
  const pair = { kind: 'client_credentials', scopes: [], audience: null } as const
  const exchange = { pair, refreshToken: null, cacheSeconds: 900 }
  const providers = new Map([...scoped.providers].map(([name, own]) => [name, { ...own, exchange }]))
  const paired = withLocations({ ...scoped, providers }, (location) => ({
    ...location,
    credentials: ['exchange'],
  }))
  const byPair = whoMayOpen(paired, { method: 'GET', url: 'https://shop.example.com/robots' })
  t.match(byPair.text, /By exchange \(a pair of acme with the scopes read and write\), whoever/)
  t.match(
    byPair.json,
    { required_scopes: { acme: requiredScopes } },
    'its token is judged as one that was sent',
  )
  const { json: keys } = whoMayOpen(scoped, { method: 'GET', url: 'https://shop.example.com/mixed' })
  t.same((keys as { required_scopes: object }).required_scopes, {}, 'where tokens count')
})

t.test('who may open it: clients behind whom nobody is', async (t) => {
  const signedIn = withLocations(gateway, (location) =>
    location.label === '/robots'
      ? { ...location, access: { kind: 'rule', requirement: { kind: 'signed_in' } } }
      : location,
  )
  const { text } = whoMayOpen(signedIn, { method: 'GET', url: 'https://shop.example.com/robots' })
  t.match(text, 'somebody is behind the token')
})
