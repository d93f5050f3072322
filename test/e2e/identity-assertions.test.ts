// An app that verifies who it is told of, over real sockets: what is sent to whom, and what a statement opens here.
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import t from 'tap'
import { storeKey } from '../support/api-keys.ts'
import { cookieLine, fire, seenBy } from '../support/attack.ts'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { sharedSecret, signedIn, visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort, portOf } from '../support/ports.ts'

const newPem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
const pems = [newPem(), newPem()]

const [op, echo] = [await startOp(), await startEcho()]
/** Of handshakes; each is refused. */
const handshakes: IncomingHttpHeaders[] = []
const socketApp = createServer((_request, response) => response.end())
socketApp.on('upgrade', ({ headers }, socket) => {
  handshakes.push(headers)
  socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
})
await new Promise<void>((resolve) => socketApp.listen(0, '127.0.0.1', resolve))

const port = await freePort()
const url = `http://localhost:${port}`
op.register({ redirectUris: [`${url}/.auth/callback`], postLogoutRedirectUris: [`${url}/.auth/logged-out`] })
const gateway = await startTestGateway({
  port,
  yaml: () => `
api_keys: { store: sqlite }
signing_keys: ${JSON.stringify(pems)}
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
  # As if somebody took what the gateway signs for tokens of a provider.
  gate: { issuer: "${url}/.auth/assertion", jwks_uri: "${url}/.auth/jwks.json", user_id_prefix: "gate:", bearer: { audiences: ["${url}", blog] } }
defaults:
  provider: op
  identity_assertion: { claims: [email, groups, absent] }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    require: signed_in
    credentials: [session, api_key]
    locations:
      - { path: /public, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /refused, require: nobody }
      - { path: /open-preflight, require: signed_in, cors_preflight: pass }
  blog:
    url: ${url}/blog
    upstream: ${echo.url}
    require: signed_in
    identity_assertion: { header: X-Proof-Of, audience: blog, lifetime: 5m }
  plain:
    url: ${url}/plain
    upstream: ${echo.url}
    shared_secret: ${sharedSecret}
    require: signed_in
    identity_assertion: none
  sockets:
    url: ${url}/sockets
    upstream: http://127.0.0.1:${portOf(socketApp)}
    websocket: true
    require: signed_in
  self:
    url: http://127.0.0.1:${port}
    upstream: ${echo.url}
    provider: gate
    credentials: [bearer, api_key]
    require: signed_in
`,
})
const close = async (): Promise<void> => {
  await gateway.close()
  socketApp.closeAllConnections()
  await Promise.all([echo.close(), op.close(), new Promise((resolve) => socketApp.close(resolve))])
}
t.teardown(close)
const front = { op, echo, gateway, url, close }

const header = 'x-claimgate-assertion'
const adam = await signedIn(front, 'adam')
const cookie = cookieLine(front, adam)
const key = await storeKey(t, gateway.folder, { claims: { groups: ['robots'] } })
const keySet = createRemoteJWKSet(new URL(`${url}/.auth/jwks.json`))

async function verified(token: string | undefined, audience: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token ?? '', keySet, {
    ...{ algorithms: ['ES256'], typ: 'claimgate-assertion+jwt', issuer: `${url}/.auth/assertion`, audience },
    requiredClaims: ['sub', 'iat', 'exp', 'provider', 'credential'],
  })
  return payload
}

async function assertionAt(
  target: string,
  headers: readonly string[],
  name = header,
): Promise<string | undefined> {
  const seen = await seenBy(front, { target, headers })
  const values = seen.headers[name] ?? []
  if (values.length > 1) throw new Error(`${values.length} assertions`)
  return values[0]
}

t.test('who is signed in, by which credential, and the claims of the file', async (t) => {
  const payload = await verified(await assertionAt('/', [cookie]), url)
  const { sub, iat = 0, exp = 0, ...said } = payload
  t.match(sub, /^adam/)
  t.same(said, {
    ...{ iss: `${url}/.auth/assertion`, aud: url, provider: 'op', credential: 'session' },
    ...{ email: 'adam@acme.example', groups: ['admins'] },
  })
  t.equal(exp - iat, 60)
  t.ok(iat <= Date.now() / 1000)
  const byKey = await verified(await assertionAt('/', [`X-Api-Key: ${key.whole}`]), url)
  t.match(byKey, { provider: 'api_keys', credential: 'api_key', groups: ['robots'], sub: 'key:acme' })
  t.notOk(Object.hasOwn(byKey, 'email'))
})

t.test('each app has its own, or none', async (t) => {
  const blog = await assertionAt('/blog/x', [cookie], 'x-proof-of')
  const payload = await verified(blog, 'blog')
  t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300)
  t.notOk(Object.hasOwn(payload, 'email'), 'the keys of an app replace those of `defaults` whole')
  t.equal(await assertionAt('/blog/x', [cookie]), undefined)
  t.equal(await assertionAt('/plain/x', [cookie]), undefined)
  await t.rejects(verified(blog, url), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' })
  t.equal(await assertionAt('/blog/x', [cookie], 'x-proof-of'), blog, 'it is used again')
  t.not(await assertionAt('/', [cookie]), blog)
})

t.test('nobody is asserted where nobody is looked at', async (t) => {
  t.equal(await assertionAt('/public', [cookie]), undefined)
  t.equal(await assertionAt('/maybe', []), undefined)
  t.equal(await assertionAt('/maybe', ['Cookie: claimgate=wrong']), undefined)
  t.equal((await verified(await assertionAt('/maybe', [cookie]), url)).email, 'adam@acme.example')
  const preflight = ['Origin: https://shop.example', 'Access-Control-Request-Method: GET', cookie]
  const seen = await seenBy(front, { method: 'OPTIONS', target: '/open-preflight', headers: preflight })
  t.equal(seen.headers[header], undefined)
})

t.test(
  'what a client sends of that name never arrives, whatever it is and however it is spelled',
  async (t) => {
    const own = await assertionAt('/', [cookie])
    const names = [
      'X-Claimgate-Assertion',
      'x-claimgate-assertion',
      'X_Claimgate_Assertion',
      'X-Proof-Of',
      'x_proof-of',
    ]
    const forged = names.flatMap((name) => [`${name}: ${own}`, `${name}: forged`])
    for (const target of ['/public', '/maybe', '/blog/x', '/plain/x', '/']) {
      const { headers } = await seenBy(front, {
        target,
        headers: [...forged, ...(/^\/(?:public|maybe)/.test(target) ? [] : [cookie])],
      })
      const told = Object.entries(headers).filter(([name]) => /assertion|proof/i.test(name))
      const wanted = target === '/blog/x' ? 'x-proof-of' : header
      t.same(
        told.map(([name, values]) => [name, values.length]),
        target === '/blog/x' || target === '/' ? [[wanted, 1]] : [],
        target,
      )
      t.notMatch(JSON.stringify(told), 'forged')
    }
    const named = ['Connection: close, X-Claimgate-Assertion', cookie]
    const seen = await seenBy(front, {
      target: '/',
      bare: true,
      headers: [`Host: localhost:${port}`, ...named],
    })
    t.equal(seen.headers[header]?.length, 1, '`Connection` takes none of ours away')
  },
)

t.test('a WebSocket is opened with one', async (t) => {
  const answer = await fire(front, {
    target: '/sockets/x',
    bare: true,
    headers: [
      ...[`Host: localhost:${port}`, 'Connection: Upgrade', 'Upgrade: websocket', `Origin: ${url}`, cookie],
      ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `${header}: forged`],
    ],
  })
  t.equal(answer.status, 403, 'as the app says')
  t.equal(handshakes.length, 1)
  const payload = await verified(String(handshakes[0]?.[header]), `${url}/sockets`)
  t.match(payload, { email: 'adam@acme.example', provider: 'op' })
})

t.test('an assertion opens nothing here, at whatever place it is presented', async (t) => {
  const tokens = [await assertionAt('/', [cookie]), await assertionAt('/blog/x', [cookie], 'x-proof-of')]
  for (const token of tokens) {
    const lines = [
      ...[`Authorization: Bearer ${token}`, `Authorization: bearer  ${token}`, `X-Api-Key: ${token}`],
      ...[`Authorization: Basic ${btoa(`${token}:${token}`)}`, `Cookie: claimgate-${port}=${token}`],
      ...[`Cookie: claimgate=${token}`, `X-Claimgate-Assertion: ${token}`, `X-Forwarded-User: adam`],
    ]
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`])
      for (const line of lines) {
        const before = echo.received.length
        const headers = [`Host: ${host}`, 'Connection: close', line]
        const answer = await fire(front, { target: '/x', bare: true, headers })
        t.equal(answer.status, 401, `${host} ${line.slice(0, 30)}`)
        t.equal(echo.received.length, before, 'the app heard nothing')
        for (const target of ['/.auth/me', '/.auth/sessions', '/.auth/keys']) {
          const own = await fire(front, { target, bare: true, headers })
          t.ok([302, 401, 404].includes(own.status), `${target} ${own.status} ${line.slice(0, 30)}`)
        }
      }
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: `${token}`,
      client_secret: `${token}`,
    })
    const exchange = new URLSearchParams({
      ...{ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: `${token}` },
    })
    const proof = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_assertion: `${token}` },
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
    for (const body of [form, exchange, proof]) {
      const answer = await fetch(`${url}/.auth/token`, { method: 'POST', body })
      t.ok([400, 401].includes(answer.status), `${answer.status}`)
    }
    const logout = await fetch(`${url}/.auth/backchannel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: `${token}` }),
    })
    t.equal(logout.status, 400)
  }
  const refused = await gateway.logged(({ reason, app }) => reason === 'token-invalid' && app === 'self')
  t.match(
    refused.detail,
    /claimgate-assertion\+jwt/,
    'the reason is its kind, and it is not for want of a key',
  )
})

t.test('a session ends: the next one of the same person has one of its own', async (t) => {
  const browser = new Browser()
  await visitAs(browser, 'alice', `${url}/`)
  const line = () => cookieLine(front, browser)
  const first = await assertionAt('/', [line()])
  t.equal(await assertionAt('/', [line()]), first)
  const beside = new Browser()
  await visitAs(beside, 'alice', `${url}/`)
  const second = await assertionAt('/', [cookieLine(front, beside)])
  t.not(second, first)
  t.equal(decodeJwt(second ?? '').sub, decodeJwt(first ?? '').sub)
  const ended = line()
  const headers = { origin: url, 'sec-fetch-site': 'same-origin' }
  await browser.visit(`${url}/.auth/logout`, { form: {}, headers, follow: false })
  const before = echo.received.length
  t.equal((await fire(front, { target: '/', headers: [ended] })).status, 401)
  t.equal(echo.received.length, before)
})

t.test('the keys are public: both, in their order, at every origin and for whoever asks', async (t) => {
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) {
    const answer = await fetch(`http://${host}/.auth/jwks.json`)
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('content-type'), 'application/jwk-set+json; charset=utf-8')
    t.equal(answer.headers.get('cache-control'), 'public, max-age=300')
    t.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    t.equal(answer.headers.get('set-cookie'), null)
    t.equal(answer.headers.get('access-control-allow-origin'), null)
    const text = await answer.text()
    const { keys }: { keys: Record<string, string>[] } = JSON.parse(text)
    t.equal(keys.length, 2)
    for (const one of keys) {
      t.same(Object.keys(one), ['kty', 'crv', 'x', 'y', 'kid', 'use', 'alg'])
      t.match(one, { kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256', kid: /^[\w-]{43}$/ })
    }
    const head = await fetch(`http://${host}/.auth/jwks.json`, { method: 'HEAD' })
    t.equal(head.status, 200)
    t.equal(head.headers.get('content-length'), String(text.length))
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      t.equal((await fetch(`http://${host}/.auth/jwks.json`, { method })).status, 405, method)
    for (const path of [
      '/.auth/jwks.json/',
      '/.auth/JWKS.json',
      '/.auth/jwks',
      '/.auth/assertion',
      '/.auth/assertion/.well-known/openid-configuration',
    ])
      t.equal((await fetch(`http://${host}${path}`)).status, 404, path)
  }
  t.notOk(gateway.log.some((line) => JSON.stringify(line).includes('PRIVATE')))
})

t.test('neither a log line nor an answer of ours holds an assertion', async (t) => {
  const token = (await assertionAt('/', [cookie])) ?? ''
  const [, , signature = ''] = token.split('.')
  t.ok(signature.length === 86)
  t.notMatch(JSON.stringify(gateway.log), signature)
  const me = await fire(front, { target: '/.auth/me', headers: [cookie] })
  t.notMatch(me.text, signature)
  t.match(JSON.parse(me.body).claims, { email: 'adam@acme.example', groups: ['admins'] })
})
