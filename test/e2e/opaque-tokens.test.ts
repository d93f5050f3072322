// Access tokens that only their provider reads, through a whole gateway: oidc-provider with introspection, and Facebook’s
// Graph API as its documents have it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createTestClock } from '../support/clock.ts'
import { startFacebook } from '../support/facebook.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { mobileApp, ownToken, revoke, tokensOf } from '../support/op-tokens.ts'
import { freePort, portOf } from '../support/ports.ts'

const gatewayClient = {
  client_id: 'gateway',
  client_secret: 'the-secret-of-the-gateway-for-op',
  redirect_uris: [] as string[],
  grant_types: ['authorization_code'],
  response_types: ['code'],
}
const port = await freePort()
const url = `http://localhost:${port}`
gatewayClient.redirect_uris.push(`${url}/.auth/callback`)
const op = await startOp({
  configuration: {
    clients: [gatewayClient, mobileApp],
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
    },
    issueRefreshToken: () => true,
  },
})
op.register({ redirectUris: gatewayClient.redirect_uris })

/** What the app saw: the user, and every header as it came. */
const received: { readonly user: string | undefined; readonly all: string }[] = []
const app = http.createServer((request, response) => {
  received.push({ user: String(request.headers['x-user'] ?? ''), all: request.rawHeaders.join('\n') })
  response.end('the app')
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))

const facebook = await startFacebook()
facebook.apps.set('1234567890', 'the-secret-of-the-facebook-app-1')
facebook.tokens.set('EAAalice', { app: '1234567890', user: '10215241773831025', name: 'Alice' })
facebook.tokens.set('EAAofAnother', { app: '666', user: '10215241773831025', name: 'Alice' })
const folder = mkdtempSync(join(tmpdir(), 'claimgate-opaque-'))
writeFileSync(join(folder, 'graph.pem'), facebook.ca)

const clock = createTestClock(Math.floor(Date.now() / 1000))
const gateway = await startTestGateway({
  port,
  clock,
  env: { HTTPS_PROXY: facebook.proxy, NO_PROXY: 'localhost,127.0.0.1' },
  yaml: () => `
log: { level: debug, subject: plain }
providers:
  op:
    issuer: "${op.issuer}"
    client_id: gateway
    client_secret: the-secret-of-the-gateway-for-op
    bearer: { check: introspection, client_ids: [a-mobile-app], cache: 30s }
  facebook:
    issuer: https://www.facebook.com
    client_id: "1234567890"
    client_secret: the-secret-of-the-facebook-app-1
    user_id_prefix: "fb:"
    ca_file: "${join(folder, 'graph.pem')}"
    bearer: { check: userinfo, client_ids: ["1234567890"] }
apps:
  api:
    url: "${url}"
    upstream: "http://127.0.0.1:${portOf(app)}"
    provider: op
    require: signed_in
    credentials: [session, bearer]
    identity_headers: { X-User: user, X-How: credential }
    locations:
      - { path: /pages, require: signed_in, credentials: [session] }
  mobile:
    url: "http://127.0.0.1:${port}"
    upstream: "http://127.0.0.1:${portOf(app)}"
    provider: facebook
    require: signed_in
    credentials: [bearer]
    identity_headers: { X-User: user }
`,
})
t.teardown(async () => {
  await gateway.close()
  await op.close()
  await facebook.close()
  app.closeAllConnections()
  app.close()
  rmSync(folder, { recursive: true, force: true })
})

async function ask(
  path: string,
  token: string | null,
): Promise<{ status: number; challenge: string | null; retryAfter: string | null }> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const origin = path === '/feed' ? `http://127.0.0.1:${port}` : url
  const answer = await fetch(`${origin}${path}`, { headers, redirect: 'manual' })
  await answer.text()
  const { headers: told, status } = answer
  return { status, challenge: told.get('www-authenticate'), retryAfter: told.get('retry-after') }
}

const alice = await tokensOf(op, 'alice')

t.test('an opaque token of a person opens what takes tokens', async (t) => {
  t.match(await ask('/orders', alice.access), { status: 200 })
  t.equal(received.at(-1)?.user, 'alice')
  t.notMatch(received.at(-1)?.all ?? '', alice.access, 'the app does not get it')
  t.match(await ask('/orders', 'invented'), { status: 401, challenge: /invalid_token/ })
})

t.test('what else the provider gave out opens nothing', async (t) => {
  const before = received.length
  t.ok(alice.refresh !== null && alice.id !== null, 'there are such tokens')
  t.match(await ask('/orders', alice.refresh), { status: 401 }, 'a refresh token')
  t.match(await ask('/orders', alice.id), { status: 401 }, 'an ID token')
  t.match(await ask('/orders', (await ownToken(op)).access), { status: 401 }, 'a program’s own')
  t.equal(received.length, before)
})

t.test('a token that is revoked opens nothing when `cache` is over', async (t) => {
  const { access } = await tokensOf(op, 'olga')
  t.match(await ask('/orders', access), { status: 200 })
  await revoke(op, access)
  t.match(await ask('/orders', access), { status: 200 }, 'it is remembered')
  clock.time += 30
  t.match(await ask('/orders', access), { status: 401 })
})

t.test('where no token is taken it is no credential', async (t) => {
  t.match(await ask('/pages', alice.access), { status: 401 })
})

t.test('Facebook: a token of the app is the person’s, and one of another app is not', async (t) => {
  t.match(await ask('/feed', 'EAAalice'), { status: 200 })
  t.equal(received.at(-1)?.user, 'fb:10215241773831025')
  const before = received.length
  t.match(await ask('/feed', 'EAAofAnother'), { status: 401 })
  t.match(await ask('/feed', alice.access), { status: 401 }, 'a token of another provider')
  t.match(await ask('/orders', 'EAAalice'), { status: 401 }, 'where another provider is accepted')
  t.match(await ask('/feed', null), { status: 401 })
  t.equal(received.length, before)
})

t.test('a provider that does not answer is 503, and what is remembered goes on', async (t) => {
  facebook.bend = () => [500, {}]
  facebook.tokens.set('EAAolga', { app: '1234567890', user: '77', name: 'Olga' })
  t.match(await ask('/feed', 'EAAalice'), { status: 200 })
  t.match(await ask('/feed', 'EAAolga'), { status: 503 })
  facebook.bend = null
  t.match(await ask('/feed', 'EAAolga'), { status: 200 })
})

t.test(
  'a provider that answers nonsense, or does not know us, is 503 too: the app heard nothing',
  async (t) => {
    const before = received.length
    facebook.tokens.set('EAAotto', { app: '1234567890', user: '78', name: 'Otto' })
    for (const answer of [{ data: 'nonsense' }, { error: { code: 101, message: 'no such app' } }]) {
      facebook.bend = () => [200, answer]
      t.match(await ask('/feed', 'EAAotto'), { status: 503, retryAfter: '5', challenge: null })
    }
    t.equal(received.length, before)
    facebook.bend = null
    t.match(await ask('/feed', 'EAAotto'), { status: 200 })
  },
)

t.test('no token and no secret is in the log', async (t) => {
  const log = JSON.stringify(gateway.log)
  for (const secret of [alice.access, alice.refresh ?? 'x', 'EAAalice', 'EAAolga', 'the-secret-of'])
    t.notOk(log.includes(secret), secret.slice(0, 8))
})
