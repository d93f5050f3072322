// A session, keys and tokens at one app, over sockets: which of them counts, what is answered, and what the app hears.
import { type IncomingMessage, request } from 'node:http'
import type { Test } from 'tap'
import t from 'tap'
import { inventKey, storeKey, type TestKey } from '../support/api-keys.ts'
import { sharedSecret, signedIn, startFront } from '../support/front.ts'
import { encode, newKey, signJwt } from '../support/signed-jwt.ts'
import { outcomeOf } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const socketApp = await startWebSocketApp()
const front = await startFront({
  provider: '    bearer: { audiences: ["https://api.example"] }',
  top: 'api_keys: { store: sqlite }',
  app: (port) => `
    require: signed_in
    identity_headers: { X-Forwarded-User: user }
    locations:
      - { path: /page, require: signed_in }
      - { path: /open, require: anyone }
      - { path: /api, credentials: [api_key], require: signed_in }
      - { path: /api/plan, credentials: [api_key], require: { provider: api_keys, plan: paid } }
      - { path: /tokens, credentials: [bearer], require: signed_in }
      - { path: /maybe, credentials: [session, api_key], require: maybe_signed_in }
      - { path: /all, credentials: [session, bearer, api_key], require: signed_in }
      - { path: /all/people, credentials: [session, bearer, api_key], require: { all: [signed_in, { credential: session }] } }
      - { path: /all/keys, credentials: [session, api_key], require: { credential: api_key } }
      - { path: /dav, credentials: [session, api_key], methods: [GET, MOVE], require: signed_in }
      - { path: /dav/people, methods: [GET, MOVE], require: signed_in }
  sockets:
    url: http://localhost:${port}/sockets
    upstream: ${socketApp.url}
    shared_secret: ${sharedSecret}
    websocket: true
    credentials: [session, api_key]
    require: signed_in
`,
})
t.teardown(async () => {
  await front.close()
  await socketApp.close()
})

const { url, echo } = front
const { folder } = front.gateway
const browser = await signedIn(front, 'alice')
const alice = [...browser.cookies(new URL(front.url).hostname)]
  .map(([name, value]) => `${name}=${value}`)
  .join('; ')
const key = await storeKey(t, folder, { claims: { plan: 'free' } })
const paid = await storeKey(t, folder, { claims: { plan: 'paid' } })

interface Answered {
  readonly status: number
  readonly reason: string
  readonly challenge: string
  /** As the app was told; null: it was not asked. */
  readonly user: string | null
}

type Headers = Readonly<Record<string, string>>

/** By a client that adds nothing of its own, as `fetch` would. */
function send(
  path: string,
  headers: Headers,
  method = 'GET',
): Promise<{ answer: IncomingMessage; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers, agent: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (text) => (body += text))
      answer.on('end', () => resolve({ answer, body }))
    })
    sent.on('error', reject).end()
  })
}

async function ask(path: string, headers: Headers = {}, method = 'GET'): Promise<Answered> {
  const before = echo.received.length
  const { answer, body } = await send(path, headers, method)
  const reached = echo.received[before]
  return {
    status: answer.statusCode ?? 0,
    reason: /"reason":"([\w-]+)"/.exec(body)?.[1] ?? '',
    challenge: answer.headers['www-authenticate'] ?? '',
    user: reached === undefined ? null : (reached.headers['x-forwarded-user']?.[0] ?? ''),
  }
}

/** `200 key:acme`, `401 key-invalid`. */
async function told(path: string, headers?: Headers, method?: string): Promise<string> {
  const { status, reason, user } = await ask(path, headers, method)
  return `${status} ${user ?? reason}`
}

const ways = (one: TestKey) => [
  { 'x-api-key': one.whole },
  { 'X-API-KEY': one.whole },
  { authorization: `Bearer ${one.whole}` },
  { authorization: `bearer  ${one.whole}` },
  { authorization: one.basic },
]
const cookie = { cookie: alice }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const unsigned = (payload: object) => `${encode({ alg: 'RS256', kid: 'x' })}.${encode(payload)}.AAAA`

t.test('a key opens what lists it, in every way that it may be sent', async (t) => {
  for (const headers of ways(key)) {
    const name = JSON.stringify(headers).slice(0, 40)
    t.equal(await told('/api', headers), '200 key:acme', name)
    t.equal(await told('/all', headers), '200 key:acme', name)
    t.equal(await told('/maybe', headers), '200 key:acme', name)
    t.equal(await told('/all/keys', headers), '200 key:acme', name)
    t.equal(await told('/api/plan', headers), '403 not-allowed', name)
    t.equal(await told('/all/people', headers), '403 not-allowed', name)
    t.equal(await told('/tokens', headers), '401 credential-not-accepted', name)
    t.equal(await told('/page', headers), '401 no-session', name)
    t.equal(await told('/open', headers), '200 ', name)
  }
  for (const headers of ways(paid)) t.equal(await told('/api/plan', headers), '200 key:acme')
})

t.test('a cookie opens no API, and a key no page', async (t) => {
  t.equal(await told('/api', cookie), '401 no-credential')
  t.equal(await told('/tokens', cookie), '401 no-credential')
  t.match(await told('/page', cookie), /^200 ./)
  t.match(await told('/all', cookie), /^200 ./)
  const page = await ask('/page', { accept: 'text/html', 'x-api-key': key.whole })
  t.equal(page.status, 401, 'a program is not sent to a sign-in')
})

t.test('what is sent and no good is 401, and the cookie does not help', async (t) => {
  const stranger = inventKey()
  const rows: readonly (readonly [string, Headers, string])[] = [
    ['/all', { 'x-api-key': stranger.whole }, '401 key-invalid'],
    ['/all', { authorization: stranger.basic }, '401 key-invalid'],
    ['/all', { 'x-api-key': `${key.whole.slice(0, -1)}_` }, '401 key-invalid'],
    ['/all', { 'x-api-key': 'cg_' }, '401 key-invalid'],
    ['/all', { 'x-api-key': 'cgt_short' }, '401 key-invalid'],
    ['/all', { 'x-api-key': 'an-app-key' }, '401 credential-unknown'],
    ['/all', { authorization: 'Basic YWxpY2U6c2VjcmV0' }, '401 credential-unknown'],
    ['/all', bearer('opaque'), '401 credential-unknown'],
    ['/all', bearer(unsigned({ iss: 'https://elsewhere.example' })), '401 credential-unknown'],
    ['/all', bearer(unsigned({ iss: front.op.issuer })), '401 token-invalid'],
    ['/maybe', { 'x-api-key': stranger.whole }, '401 key-invalid'],
    ['/maybe', bearer('opaque'), '401 credential-unknown'],
    ['/tokens', bearer(stranger.whole), '401 credential-not-accepted'],
  ]
  for (const [path, headers, expected] of rows) {
    const name = `${path} ${JSON.stringify(headers).slice(0, 60)}`
    t.equal(await told(path, headers), expected, name)
    t.equal(await told(path, { ...headers, ...cookie }), expected, `${name} beside a good cookie`)
  }
})

t.test('a signature of somebody else is none', async (t) => {
  const foreign = newKey('k', 'RS256')
  const payload = { iss: front.op.issuer, aud: 'https://api.example', sub: 'alice', exp: 4_000_000_000 }
  const token = signJwt({ alg: 'RS256', kid: 'k' }, payload, foreign.privateKey)
  t.equal(await told('/tokens', bearer(token)), '401 token-invalid')
})

t.test('two credentials are none', async (t) => {
  const rows: readonly Headers[] = [
    { 'x-api-key': key.whole, authorization: `Bearer ${key.whole}` },
    { 'x-api-key': key.whole, authorization: key.basic },
    { 'x-api-key': key.whole, authorization: 'Basic YWxpY2U6c2VjcmV0' },
    { 'x-api-key': 'of-the-app', authorization: `Bearer ${key.whole}` },
  ]
  for (const headers of rows) t.equal(await told('/all', headers), '400 credentials-ambiguous')
})

t.test('programs are told what is accepted, and browsers are not shown a window for it', async (t) => {
  const of = async (path: string, headers = {}) => (await ask(path, headers)).challenge
  t.equal(await of('/api'), 'Basic realm="claimgate", charset="UTF-8", Bearer realm="claimgate"')
  t.equal(await of('/api', { 'sec-fetch-mode': 'cors' }), 'Bearer realm="claimgate"')
  t.match(await of('/tokens'), /^Bearer realm="claimgate"/)
  t.notMatch(await of('/tokens'), 'error=')
  t.match(await of('/tokens', bearer('x')), 'error="invalid_token"')
  t.match(await of('/all'), /Basic .*Bearer .*Cookie realm/)
  t.equal(await of('/page'), 'Cookie realm="claimgate"')
  const person = await send('/api', { accept: 'text/html' })
  t.match(person.body, 'This address is for programs')
  t.equal(person.answer.statusCode, 401)
})

t.test('Basic that a browser adds by itself opens nothing for another site', async (t) => {
  for (const site of ['cross-site', 'same-site', 'x'])
    t.equal(await told('/api', { authorization: key.basic, 'sec-fetch-site': site }), '403 cross-site', site)
  for (const site of ['same-origin', 'none'])
    t.equal(await told('/api', { authorization: key.basic, 'sec-fetch-site': site }), '200 key:acme', site)
  t.equal(await told('/api', { 'x-api-key': key.whole, 'sec-fetch-site': 'cross-site' }), '200 key:acme')
})

t.test('a destination is opened by the same credential, or not at all', async (t) => {
  const move = (to: string, headers: Headers) =>
    told('/dav/a', { destination: `${url}${to}`, ...headers }, 'MOVE')
  t.equal(await move('/dav/b', { 'x-api-key': key.whole }), '200 key:acme')
  t.equal(await move('/dav/people/b', { 'x-api-key': key.whole }), '403 destination-not-allowed')
  t.match(await move('/dav/people/b', cookie), /^200 ./)
  const line = await front.gateway.logged((line) => line.reason === 'destination-not-allowed')
  t.match(
    line,
    { credential: 'api_key', provider: 'api_keys', key: key.record.id },
    'the line says whose it was',
  )
})

t.test('the access line says by what, and by which key', async (t) => {
  await ask('/api?line', { 'x-api-key': key.whole })
  const lineOf = (wanted: string) =>
    front.gateway.logged((line) => line.event === 'request' && line.key === wanted)
  t.match(await lineOf(key.record.id), { credential: 'api_key', provider: 'api_keys' })
  t.notMatch(JSON.stringify(front.gateway.log), key.secret)
})

t.test('a WebSocket that a key opened ends with it, and a page of elsewhere opens none', async (t: Test) => {
  const own = await storeKey(t, folder)
  const address = `${url.replace('http', 'ws')}/sockets/ws`
  const socket = await openWebSocket(address, { 'x-api-key': own.whole })
  await t.rejects(openWebSocket(address, { 'x-api-key': own.whole, origin: 'https://elsewhere.example' }))
  await t.rejects(openWebSocket(address, { cookie: alice }), 'a cookie needs an Origin')
  const { openKeys } = await import('../store/keys/sqlite-key-store.ts')
  await openKeys(t, folder).change(own.record.id, { kind: 'revoke', at: Math.floor(Date.now() / 1000) })
  t.equal(await outcomeOf(socket.closed), 1008)
  t.equal(await told('/api', { 'x-api-key': own.whole }), '401 key-revoked')
})
