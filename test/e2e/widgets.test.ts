// A token for a page of another origin, over real sockets: what it opens, and who else tries to use it.
import t, { type Test } from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { fire, type Shot, type Shown } from '../support/attack.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import {
  askForShortToken,
  type Form,
  inForm,
  type KeyedGateway,
  shortTokenOf,
  startKeyedGateway,
} from '../support/keyed-gateway.ts'
import { outcomeOf, poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const [echo, sockets] = [await startEcho(), await startWebSocketApp()]
t.teardown(() => Promise.all([echo.close(), sockets.close()]))

const shop = 'https://shop.example'
const own = 'https://own.example'

const fileWith =
  (more = '') =>
  ({ url }: { readonly url: string }): string =>
    `
session: { store: sqlite }
api_keys: { widget_claims: [plan] }
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    credentials: [widget]
    cors: keys
    require: { provider: api_keys, plan: paid }
    identity_headers: { X-User: user, X-End-User: end_user, X-Credential: credential, X-Key: key_id, X-Plan: plan }
    locations:
      - { path: /keys, require: signed_in, credentials: [api_key] }
      - { path: /pages, credentials: [session], require: signed_in, cors: deny }
      - { path: /both, credentials: [session, widget], require: signed_in, cors: ["${shop}"] }
      - { path: /maybe, require: maybe_signed_in, cors: ["${shop}"] }
      - { path: /open, require: anyone, cors: ["${shop}"] }
      - { path: /secret, require: { provider: api_keys, tier: gold } }
      - { path: /end-user, require: { all: [{ provider: api_keys }, { claim: end_user, is: admin }] } }
      - { path: /few, require: signed_in, limits: [{ per: { claim: end_user }, rate: 1/1h }] }
  live:
    url: ${url}/live
    upstream: ${sockets.url}
    credentials: [widget]
    cors: ["${shop}"]
    websocket: true
    require: { provider: api_keys, plan: paid }
${more}`

const around = (t: Test, changes: Partial<ApiKey> = {}) => {
  const claims = { plan: 'paid', tier: 'gold', end_user: 'admin' }
  return startKeyedGateway(t, fileWith(), { claims, origins: [shop], ...changes })
}

async function ask({ gateway, key }: KeyedGateway, form: Form) {
  const answer = await askForShortToken(gateway.url, { ...inForm(key), ...form })
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, string>> }
}

const tokenOf = ({ gateway, key }: KeyedGateway, form: Form = { origin: shop }) =>
  shortTokenOf(gateway.url, key, form)

const bearer = (token: string): string => `Authorization: Bearer ${token}`
const from = (origin: string): string => `Origin: ${origin}`

function open(
  { gateway }: KeyedGateway,
  token: string,
  lines: readonly string[] = [from(shop)],
  target = '/x',
) {
  return send(gateway, { target, headers: [bearer(token), ...lines] })
}

const send = (gateway: TestGateway, shot: Shot): Promise<Shown> => fire({ gateway, echo }, shot)

const told = ({ status, body }: Shown): string => `${status} ${/"reason":"([^"]*)"/.exec(body)?.[1] ?? ''}`

t.test('a widget’s token opens a location that lists `widget`, from pages of its origin', async (t) => {
  const at = await around(t)
  const { status, body } = await ask(at, { origin: shop, end_user: 'customer 42' })
  t.match(
    { status, body },
    { status: 200, body: { token_type: 'Bearer', expires_in: 900, access_token: /^cgt_w/ } },
  )
  const answer = await open(at, body.access_token ?? '')
  t.equal(answer.status, 200)
  t.same(answer.values('access-control-allow-origin'), [shop])
  const headers = echo.received.at(-1)?.headers
  t.match(headers, {
    ...{ 'x-user': ['key:acme'], 'x-end-user': ['customer 42'], 'x-credential': ['widget'] },
    ...{ 'x-key': [at.key.record.id], 'x-plan': ['paid'] },
  })
  t.equal(headers?.authorization, undefined)
  t.notMatch(JSON.stringify(headers), /cgt_/)
  const line = await at.gateway.logged((one) => one.path === '/x' && one.status === 200)
  t.match(line, { credential: 'widget', key: at.key.record.id })
  t.notMatch(JSON.stringify(at.gateway.log), /cgt_|customer 42/)
  const inHeader = { target: '/x', headers: [`X-Api-Key: ${body.access_token}`, from(shop)] }
  t.equal(told(await send(at.gateway, inHeader)), '200 ')
})

t.test('without its Origin, and with a forged one, it is 401, and nothing reaches the app', async (t) => {
  const at = await around(t)
  const token = await tokenOf(at)
  const before = echo.received.length
  const wrong = [
    ...[
      [],
      [from('null')],
      [from('')],
      [from('https://evil.example')],
      [from(`${shop}/`)],
      [from(`${shop}:443`)],
    ],
    ...[
      [from('https://SHOP.example')],
      [from('http://shop.example')],
      [from(`${shop}, ${shop}`)],
      [from(own)],
    ],
    ...[
      [from(shop), from(shop)],
      [from(shop), from('null')],
      ['X-Origin: x', 'Referer: https://shop.example/'],
    ],
    [from(at.gateway.url)],
  ]
  for (const lines of wrong)
    t.match(told(await open(at, token, lines)), /^401 token-wrong-origin$/, lines.join(' '))
  for (const target of ['/both', '/maybe'])
    t.equal(told(await open(at, token, [], target)), '401 token-wrong-origin', target)
  t.equal(echo.received.length, before)
  t.equal(told(await open(at, token)), '200 ')
})

t.test(
  'it opens no location that does not list `widget`, and nothing else opens one that does',
  async (t) => {
    const at = await around(t)
    const token = await tokenOf(at)
    const short = await startKeyToken(t, at)
    const before = echo.received.length
    t.equal(told(await open(at, token, [from(shop)], '/keys')), '401 credential-not-accepted')
    t.match(told(await open(at, token, [from(shop)], '/pages')), /^40[13] /, 'no session')
    t.equal(told(await open(at, short)), '401 credential-not-accepted', 'a short token of the same key')
    t.equal(told(await open(at, at.key.whole)), '401 credential-not-accepted', 'the key itself')
    const relabelled = (letter: string, text: string) => `cgt_${letter}${text.slice(5)}`
    t.equal(told(await open(at, relabelled('w', short))), '401 token-invalid', 'the letter is bound')
    t.equal(told(await open(at, relabelled('k', token), [from(shop)], '/keys')), '401 token-invalid')
    t.equal(told(await open(at, `${token}A`)), '401 token-invalid')
    t.equal(echo.received.length, before)
    t.equal(told(await open(at, token, [from(shop)], '/both')), '200 ')
    t.equal(told(await open(at, token, [], '/open')), '200 ', 'nobody is told apart there')
    t.match(echo.received.at(-1)?.headers, { authorization: undefined, 'x-user': undefined })
  },
)

/** The token of a program, for the same key. */
async function startKeyToken(t: Test, at: KeyedGateway): Promise<string> {
  const { status, body } = await ask(at, {})
  t.equal(status, 200)
  t.match(body.access_token, /^cgt_k/)
  return body.access_token ?? ''
}

t.test('it has no more claims than `widget_claims` lists, and no rule goes by `end_user`', async (t) => {
  const at = await around(t)
  const token = await tokenOf(at, { origin: shop, end_user: 'admin' })
  t.equal(told(await open(at, token, [from(shop)], '/secret')), '403 not-allowed')
  t.equal(told(await open(at, token, [from(shop)], '/end-user')), '403 not-allowed')
})

t.test('a token is for an origin of the key, of https, that is none of ours', async (t) => {
  const at = await around(t, { origins: [shop, own, 'http://plain.example'] })
  for (const origin of [
    'https://other.example',
    'http://plain.example',
    `${shop}/`,
    'null',
    '*',
    at.gateway.url,
  ])
    t.match(await ask(at, { origin }), { status: 400, body: { error: 'invalid_request' } }, origin)
  for (const form of [
    { end_user: 'x' },
    { origin: shop, end_user: 'a\nb' },
    { origin: shop, end_user: 'x'.repeat(256) },
    { origin: shop, lifetime: '901' },
    { origin: shop, scope: 'read' },
  ] as const)
    t.match(await ask(at, form), { status: 400 }, JSON.stringify(form).slice(0, 60))
  t.match(await ask(at, { origin: shop, lifetime: '60' }), { status: 200, body: { expires_in: 60 } })
})

t.test(
  'what a preflight asks is answered without the token, and a refusal can be read by the page',
  async (t) => {
    const at = await around(t)
    const token = await tokenOf(at)
    const asked = (origin: string, target = '/x'): Shot => {
      const wants = ['Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: authorization']
      return { method: 'OPTIONS', target, headers: [from(origin), ...wants] }
    }
    const evil = 'https://evil.example'
    const allowed = (shown: Shown) => [shown.status, ...shown.values('access-control-allow-origin')]
    t.same(allowed(await send(at.gateway, asked(shop))), [204, shop])
    t.same(allowed(await send(at.gateway, asked(evil))), [204, evil], '`keys`: the request itself is judged')
    t.same(allowed(await send(at.gateway, asked(shop, '/both'))), [204, shop])
    t.same(allowed(await send(at.gateway, asked(evil, '/both'))), [403], 'a list')
    const stolen = await open(at, token, [from(evil)])
    t.same([...allowed(stolen), told(stolen)], [401, evil, '401 token-wrong-origin'])
    t.same(stolen.values('www-authenticate'), ['Bearer realm="claimgate", error="invalid_token"'])
    t.ok(stolen.values('vary').join().includes('Origin'))
    const listed = await open(at, token, [from(evil)], '/both')
    t.same(allowed(listed), [401], 'no page of another origin reads it')
  },
)

t.test(
  'a token dies with its origin, with its key, and where an app of ours comes to its origin',
  async (t) => {
    const at = await around(t, { origins: [shop, own] })
    const keys = openKeys(t, at.folder)
    const [ofShop, ofOwn] = [await tokenOf(at), await tokenOf(at, { origin: own })]
    t.equal(told(await open(at, ofOwn, [from(own)])), '200 ')
    await at.gateway.close()
    const app = `  own: { url: "${own}", upstream: "${echo.url}", require: signed_in }`
    const gateway = await startTestGateway({ yaml: fileWith(app), folder: at.folder, port: at.gateway.port })
    t.teardown(() => gateway.close())
    const next = { ...at, gateway }
    t.equal(told(await open(next, ofOwn, [from(own)])), '401 token-invalid')
    t.match(await ask(next, { origin: own }), { status: 400 })
    t.equal(told(await open(next, ofShop)), '200 ')
    await keys.change(at.key.record.id, { kind: 'origins', origins: ['https://other.example'] })
    const isRefused = (shown: Shown) => shown.status === 401
    t.equal(
      told(await poll('the origin to be lost', () => open(next, ofShop), isRefused)),
      '401 token-invalid',
    )
    await keys.change(at.key.record.id, { kind: 'origins', origins: [shop] })
    await poll(
      'the origin to come back',
      () => open(next, ofShop),
      ({ status }) => status === 200,
    )
    await keys.change(at.key.record.id, { kind: 'revoke', at: Math.floor(Date.now() / 1000) })
    t.equal(told(await poll('the revocation', () => open(next, ofShop), isRefused)), '401 key-revoked')
  },
)

t.test('what one end user may is not what another may', async (t) => {
  const at = await around(t)
  const [ada, bob] = [
    await tokenOf(at, { origin: shop, end_user: 'ada' }),
    await tokenOf(at, { origin: shop, end_user: 'bob' }),
  ]
  const few = (token: string) => open(at, token, [from(shop)], '/few')
  t.same(
    [told(await few(ada)), told(await few(ada)), told(await few(bob))],
    ['200 ', '429 limit-exceeded', '200 '],
  )
})

t.test('a WebSocket opens with the token and its Origin alone, and ends with them', async (t) => {
  const at = await around(t)
  const authorization = `Bearer ${await tokenOf(at)}`
  const address = `${at.gateway.url.replace('http', 'ws')}/live/ws`
  const socket = await openWebSocket(address, { authorization, origin: shop })
  await t.rejects(openWebSocket(address, { authorization }))
  await t.rejects(openWebSocket(address, { authorization, origin: 'https://evil.example' }))
  await t.rejects(openWebSocket(address, { authorization, origin: at.gateway.url }))
  await openKeys(t, at.folder).change(at.key.record.id, { kind: 'origins', origins: [] })
  t.equal(await outcomeOf(socket.closed), 1008)
})
