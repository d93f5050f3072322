// What an app gets in `Authorization`: of a token that counted, of a session, and of whoever proves nothing.
import http from 'node:http'
import t from 'tap'
import { inventKey } from '../support/api-keys.ts'
import { Browser } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startTestGateway } from '../support/gateway.ts'
import { firstKey, signJwt, startHostileOp } from '../support/hostile-op.ts'
import { freePort, portOf } from '../support/ports.ts'

const op = await startHostileOp({ host: 'localhost' })
op.refreshTokens.issues = true
const received: (readonly string[])[] = []
const app = http.createServer((request, response) => {
  const { rawHeaders } = request
  received.push(
    rawHeaders.filter((_, i) => i % 2 === 1 && /^(?:authorization|x-token)$/i.test(rawHeaders[i - 1] ?? '')),
  )
  response.end('the app')
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const port = await freePort()
const clock = createTestClock(Math.floor(Date.now() / 1000))
const wiki = `http://localhost:${port}`
const key = inventKey()
const gateway = await startTestGateway({
  port,
  clock,
  yaml: () => `
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more, bearer: { audiences: ["https://api.example"] } }
api_keys: { keys: ['${JSON.stringify({ format: 1, ...key.record })}'] }
apps:
  wiki:
    url: "${wiki}"
    upstream: "http://127.0.0.1:${portOf(app)}"
    require: signed_in
    locations:
      - { path: /old, require: signed_in }
      - { path: /old/strip, require: signed_in, upstream_authorization: strip }
      - { path: /old/token, require: signed_in, upstream_authorization: access_token }
      - { path: /old/maybe, require: maybe_signed_in, upstream_authorization: access_token }
      - { path: /api, require: signed_in, credentials: [session, bearer, api_key] }
      - { path: /api/pass, require: signed_in, credentials: [session, bearer, api_key], upstream_authorization: pass }
      - { path: /api/forward, require: signed_in, credentials: [session, bearer, api_key], upstream_authorization: forward }
      - { path: /api/token, require: signed_in, credentials: [session, bearer, api_key], upstream_authorization: access_token }
      - { path: /api/both, require: signed_in, credentials: [session, bearer], upstream_authorization: access_token, identity_headers: { X-Token: access_token } }
      - { path: /api/maybe, require: maybe_signed_in, credentials: [bearer], upstream_authorization: forward }
      - { path: /api/own, require: signed_in, credentials: [session, bearer], headers: { X-Own: "1" } }
  keyed:
    url: "${wiki}/keyed"
    upstream: { url: "http://127.0.0.1:${portOf(app)}", headers: { Authorization: "Basic b3VyczpvdXJz" } }
    require: signed_in
    locations:
      - { path: /keyed/api, require: signed_in, credentials: [bearer], upstream_authorization: pass }
`,
})
t.teardown(async () => {
  await gateway.close()
  app.close()
  app.closeAllConnections()
  await op.close()
})
op.now = clock.time

const jwt = signJwt(
  { alg: 'RS256', typ: 'at+jwt', kid: firstKey().kid },
  {
    iss: op.issuer,
    aud: 'https://api.example',
    sub: 'bob',
    client_id: 'app',
    exp: clock.time + 600,
    iat: clock.time,
  },
  firstKey().privateKey,
)
const browser = new Browser()
const begun = await browser.visit(`${wiki}/.auth/login?return_to=/`, { follow: false })
await browser.visit(`${wiki}/.auth/callback?${op.authorize(new URL(begun.headers.location ?? ''))}`, {
  follow: false,
})
const cookie = [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')

/** What the app got in Authorization, and in X-Token behind it; a status where it was not asked. */
async function sent(
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly string[] | number> {
  received.length = 0
  const { status } = await fetch(wiki + path, { headers, redirect: 'manual' })
  return received[0] ?? status
}

const session = { cookie }
const token = { authorization: `Bearer ${jwt}` }
const keyed = { authorization: `Bearer ${key.whole}` }
const foreign = { authorization: 'Basic YTpi' }
const theirs = `Bearer ${jwt}`
const ofSession = 'Bearer access-token-of-alice'

t.test('as before where no header credential is listed', async (t) => {
  t.same(await sent('/old', { ...session, ...foreign }), ['Basic YTpi'])
  t.same(await sent('/old', { ...session, ...token }), [theirs], 'nobody looked at it')
  t.same(await sent('/old', { ...session, ...keyed }), [])
  t.same(await sent('/old/strip', { ...session, ...foreign }), [])
})

t.test('where one is listed nothing goes on, until somebody says so', async (t) => {
  t.same(await sent('/api', token), [])
  t.same(await sent('/api', { ...session, ...token }), [])
  t.same(await sent('/api', keyed), [])
  t.same(await sent('/api/pass', token), [theirs])
  t.same(await sent('/api/pass', keyed), [])
})

t.test('`forward` sends the token that counted', async (t) => {
  t.same(await sent('/api/forward', token), [theirs])
  t.same(await sent('/api/forward', { ...session, ...token }), [theirs])
  t.same(await sent('/api/forward', session), [])
  t.same(await sent('/api/forward', keyed), [])
  t.same(await sent('/api/maybe', token), [theirs])
  t.same(await sent('/api/maybe', {}), [])
  t.same(await sent('/api/maybe', { authorization: `${theirs}x` }), 401)
})

t.test('`access_token` sends the token that counted, else that of the session', async (t) => {
  t.same(await sent('/old/token', session), [ofSession])
  t.same(await sent('/old/token', { ...session, ...foreign }), [ofSession], 'the client’s own never')
  t.same(await sent('/old/token', { ...session, ...token }), [ofSession], 'nobody looked at it')
  t.same(await sent('/old/maybe', foreign), [])
  t.same(await sent('/api/token', token), [theirs])
  t.same(await sent('/api/token', session), [ofSession])
  t.same(await sent('/api/token', keyed), [])
  t.same(await sent('/api/token', { ...session, ...keyed }), [], 'a key brings no session’s token along')
  t.same(await sent('/api/both', session), ['access-token-of-alice', ofSession])
  t.same(await sent('/api/both', { ...session, ...token }), [theirs], 'nor does a token')
})

t.test('an app for which Authorization is set keeps its own', async (t) => {
  t.same(await sent('/keyed', { ...session, ...foreign }), ['Basic b3VyczpvdXJz'])
  t.same(await sent('/keyed/api', token), ['Basic b3VyczpvdXJz'])
})

t.test('the session’s token is fresh when it goes, and renewed before it ends', async (t) => {
  const before = op.tokenRequests.length
  for (let passed = 0; passed < 3600; passed += 600) {
    t.same(await sent('/old', session), [], 'used, so that it stays')
    clock.time += 600
    op.now = clock.time
  }
  op.bends = { refresh: { token: (answer) => ({ ...answer, access_token: 'another-token-of-alice' }) } }
  t.same(await sent('/old/token', session), ['Bearer another-token-of-alice'])
  t.equal(op.tokenRequests.length, before + 1)
  t.match(op.tokenRequests.at(-1)?.body.get('grant_type'), 'refresh_token')
})
