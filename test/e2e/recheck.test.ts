// A provider that is asked again through a whole gateway: what people lose with it, what they keep, and what never breaks.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { type Bends, startHostileOp } from '../support/hostile-op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { rawClient } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const everySeconds = 900
const unansweredSeconds = 3600
const op = await startHostileOp({ host: 'localhost' })
const socketApp = await startWebSocketApp()
/** Says who asks; `/events` and `/stream` go on until they are left. */
const app = http.createServer((request, response) => {
  const { url = '', headers } = request
  if (url.startsWith('/same')) response.writeHead(304).end()
  else if (url.startsWith('/events')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  } else if (url.startsWith('/stream')) {
    response.writeHead(200, { 'set-cookie': ['app=1', 'other=2'], 'content-type': 'text/plain' })
    response.write('first')
  } else response.end(`groups=${headers['x-groups'] ?? ''}`)
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const port = await freePort()
const clock = createTestClock(Math.floor(Date.now() / 1000))
const wiki = `http://localhost:${port}`
const yaml = (url: string, more = '') => `
log: { level: debug }
${more}
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more, recheck: { every: 15m, unanswered: 1h } }
apps:
  wiki:
    url: "${url}"
    upstream: "http://127.0.0.1:${portOf(app)}"
    require: signed_in
    identity_headers: { X-User: user, X-Groups: groups }
    locations:
      - { path: /admin, require: { groups: admin } }
      - { path: /events, require: { groups: admin } }
  live:
    url: "${url}/live"
    upstream: "${socketApp.url}"
    require: { groups: admin }
    websocket: true
`
const gateway = await startTestGateway({ port, clock, yaml: ({ url }) => yaml(url) })
t.teardown(async () => {
  await gateway.close()
  app.close()
  app.closeAllConnections()
  await Promise.all([op.close(), socketApp.close()])
})

t.beforeEach(() => {
  pass(7200)
  Object.assign(op.refreshTokens, { issues: true, rotates: true, bringsIdToken: true, forgets: false })
  says(['admin'])
})

function pass(seconds: number): void {
  clock.time += seconds
  op.now = clock.time
}

const secrets = (...all: readonly string[]) => `session: { secret: ${JSON.stringify(all)} }`

/** What the provider says of everybody from now on. */
function says(groups: readonly string[], refresh?: Bends['refresh']): void {
  const claims: Bends['claims'] = (proper) => ({ ...proper, groups })
  op.bends = { claims, ...(refresh === undefined ? {} : { refresh: { claims, ...refresh } }) }
}

const program = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

async function signIn(at = wiki, browser = new Browser()): Promise<Browser> {
  const { headers } = await browser.visit(`${at}/.auth/login?return_to=/`, { follow: false })
  const back = op.authorize(new URL(headers.location ?? ''))
  await browser.visit(`${at}/.auth/callback?${back}`, { follow: false })
  return browser
}

async function status(browser: Browser, path = '/admin/x', at = wiki): Promise<number> {
  return (await browser.visit(`${at}${path}`, { follow: false, headers: program })).status
}

async function reason(browser: Browser, path = '/page'): Promise<unknown> {
  const { body } = await browser.visit(`${wiki}${path}`, { follow: false, headers: program })
  return JSON.parse(body).reason
}

/** Waits for what the provider was asked. */
function until(condition: () => boolean): Promise<boolean> {
  return poll(String(condition), condition, (holds) => holds)
}

function cookieOf(browser: Browser): string {
  return [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
}

const ended = (from: number, { log }: TestGateway = gateway) =>
  log.slice(from).filter(({ event }) => event === 'session.ended')

t.test('S-171: who loses a group at the provider loses the page within `every`', async (t) => {
  const browser = await signIn()
  says(['ops'])
  t.equal(await status(browser), 200)
  pass(everySeconds - 1)
  t.equal(await status(browser), 200, 'nobody was asked yet')
  pass(1)
  t.equal(await status(browser), 403)
  t.equal(await status(browser, '/page'), 200, 'and nothing else')
  const { body } = await browser.visit(`${wiki}/page`, { follow: false })
  t.equal(body, 'groups=ops')
  says(['admin'])
  pass(everySeconds)
  t.equal(await status(browser), 200, 'who gains one has the page as soon')
})

t.test('S-171: /.auth/me tells what is said now, and is no use of the session all the same', async (t) => {
  const browser = await signIn()
  const me = async () => {
    const { body } = await browser.visit(`${wiki}/.auth/me`, { follow: false, headers: program })
    return JSON.parse(body)
  }
  const { idle_expires_at } = await me()
  says(['ops'])
  pass(everySeconds)
  t.match(await me(), { claims: { groups: ['ops'] }, idle_expires_at })
})

t.test('S-166: a refresh race logs nobody out: 50 requests at once are one refresh', async (t) => {
  const browser = await signIn()
  for (let round = 0; round < 2; round++) {
    const { used, alarms } = op.refreshTokens
    pass(everySeconds)
    const all = await Promise.all(Array.from({ length: 50 }, () => status(browser)))
    t.same(new Set(all), new Set([200]))
    t.equal(op.refreshTokens.used, used + 1)
    t.equal(op.refreshTokens.alarms, alarms)
  }
})

t.test('S-168: a refused grant ends the session, and the log has one line for it', async (t) => {
  const browser = await signIn()
  op.refreshTokens.endAll()
  pass(everySeconds)
  const from = gateway.log.length
  t.equal(await reason(browser), 'session-ended-by-provider')
  t.equal(await reason(browser), 'session-ended', 'it is nowhere any more')
  const { status: code, headers } = await browser.visit(`${wiki}/page`, { follow: false })
  t.equal(code, 302, 'a navigation signs in again')
  t.match(headers.location, op.issuer)
  t.match(ended(from), [{ how: 'recheck', why: 'grant-refused', provider: 'op', session: /^[0-9a-f]{12}$/ }])
  t.equal(ended(from).length, 1)
})

t.test('S-169: while the provider fails people go on, until `unanswered` is over', async (t) => {
  const browser = await signIn()
  const { token } = op.counts
  op.bends.answer = { token: (_request, response) => void response.writeHead(500).end() }
  pass(everySeconds)
  for (let seconds = 0; seconds < 30; seconds++) {
    t.equal(await status(browser), 200)
    pass(1)
  }
  t.ok(op.counts.token - token <= 3, `${op.counts.token - token} tries in 30 s`)
  t.ok(op.counts.token > token)
  const lines = gateway.log.filter(({ event }) => event === 'provider.unanswered')
  t.match(lines.at(-1), { provider: 'op', count: 1 })
  pass(unansweredSeconds - everySeconds - 30)
  const from = gateway.log.length
  t.equal(await reason(browser), 'session-recheck-due')
  t.match(ended(from), [{ why: 'unanswered' }])
})

t.test(
  'S-170: an ID token that is none, or another’s, ends the session and counts for nothing',
  async (t) => {
    const rows: readonly (readonly [string, NonNullable<Bends['refresh']>, string])[] = [
      ['another sub', { claims: (proper) => ({ ...proper, sub: 'bob' }) }, 'subject-differs'],
      ['another iss', { claims: (proper) => ({ ...proper, iss: 'https://evil.example' }) }, 'token-invalid'],
      ['another aud', { claims: (proper) => ({ ...proper, aud: 'somebody' }) }, 'token-invalid'],
      ['another nonce', { claims: (proper) => ({ ...proper, nonce: 'other' }) }, 'token-invalid'],
      ['a foreign signature', { idToken: (token) => `${token.slice(0, -8)}AAAAAAAA` }, 'token-invalid'],
      ['no signature', { header: (header) => ({ ...header, alg: 'none' }) }, 'token-invalid'],
    ]
    for (const [name, refresh, why] of rows) {
      says(['admin'])
      const browser = await signIn()
      const revoked = op.refreshTokens.revoked.length
      says(['admin', 'root'], refresh)
      pass(everySeconds)
      const from = gateway.log.length
      t.equal(await reason(browser), 'session-ended-by-provider', name)
      t.match(ended(from), [{ why }], name)
      await until(() => op.refreshTokens.revoked.length > revoked)
    }
  },
)

t.test('an answer without an ID token ends the session where a group came from it alone', async (t) => {
  const said = () => gateway.log.filter(({ event }) => event === 'provider.insufficient')
  const before = said().length
  for (let i = 0; i < 2; i++) {
    const browser = await signIn()
    op.refreshTokens.bringsIdToken = false
    pass(everySeconds)
    t.equal(await reason(browser), 'session-recheck-due')
    op.refreshTokens.bringsIdToken = true
  }
  t.equal(said().length, before + 1, 'told once, and not of each session')
  t.match(said().at(-1), { warning: /providers\.op\.recheck: .*groups/ })
})

t.test('without a refresh token userinfo is asked while the access token lives', async (t) => {
  op.refreshTokens.issues = false
  op.bends = {
    userinfo: (claims) => ({ ...claims, groups: ['admin'] }),
    token: (answer) => ({ ...answer, expires_in: 1000 }),
  }
  const browser = await signIn()
  t.equal(await status(browser), 200)
  op.bends.userinfo = (claims) => ({ ...claims, groups: ['ops'] })
  pass(everySeconds)
  t.equal(await status(browser), 403)
  pass(everySeconds)
  t.equal(await reason(browser), 'session-recheck-due')
})

t.test('a sign-out during a refresh wins, and what the refresh brought is revoked', async (t) => {
  const browser = await signIn()
  const answer = Promise.withResolvers<void>()
  op.bends.before = { token: () => answer.promise }
  pass(everySeconds)
  const { token } = op.counts
  const asked = status(browser)
  await until(() => op.counts.token > token)
  const out = browser.visit(`${wiki}/.auth/logout`, {
    form: {},
    headers: { origin: wiki, 'sec-fetch-site': 'same-origin' },
    follow: false,
  })
  t.equal((await out).status, 200)
  answer.resolve()
  t.equal(await asked, 401)
  await until(() => op.refreshTokens.revoked.some((one) => one.endsWith('-1')))
})

t.test('S-173: WebSocket, HEAD, 304 and a client that leaves lose no token', async (t) => {
  const browser = await signIn()
  const cookie = cookieOf(browser)
  const ask = (line: string) =>
    rawClient(port, `${line} HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie}\r\n\r\n`)
  const ways: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['HEAD', async () => t.match(await (await ask('HEAD /page')).until('\r\n\r\n'), /^HTTP\/1\.1 200/)],
    ['304', async () => t.match(await (await ask('GET /same')).until('\r\n\r\n'), /^HTTP\/1\.1 304/)],
    ['a handshake', () => openWebSocket(`ws://localhost:${port}/live/ws`, { cookie, origin: wiki })],
    [
      'a client that leaves',
      async () => {
        const answer = Promise.withResolvers<void>()
        op.bends.before = { token: () => answer.promise }
        const { token } = op.counts
        const client = await ask('GET /page')
        await until(() => op.counts.token > token)
        client.socket.destroy()
        answer.resolve()
        op.bends.before = {}
      },
    ],
  ]
  for (const [name, way] of ways) {
    const { used } = op.refreshTokens
    pass(everySeconds)
    await way()
    await until(() => op.refreshTokens.used === used + 1)
    t.equal(await status(browser), 200, name)
    t.equal(op.refreshTokens.used, used + 1, name)
  }
  t.equal(op.refreshTokens.alarms, 0)
})

t.test(
  'open WebSockets and server-sent events end when a group is lost, though nothing is asked',
  async (t) => {
    const browser = await signIn()
    const cookie = cookieOf(browser)
    const socket = await openWebSocket(`ws://localhost:${port}/live/ws`, { cookie, origin: wiki })
    const events = await rawClient(
      port,
      `GET /events HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie}\r\n\r\n`,
    )
    await events.until('data: 1')
    const { used } = op.refreshTokens
    const from = gateway.log.length
    pass(everySeconds)
    await until(() => op.refreshTokens.used === used + 1)
    // Until the answer rests: else it would count as one of the time after next.
    await until(() => gateway.log.slice(from).some(({ event }) => event === 'session.renewed'))
    t.notMatch(events.text(), '\r\n0\r\n\r\n', 'who is allowed as before goes on')
    says(['ops'])
    pass(everySeconds)
    t.equal(await socket.closed, 1008)
    await events.until('\r\n0\r\n\r\n')
    await gateway.logged(({ event, reason }) => event === 'websocket.closed' && reason === 'rule-not-met')
    await gateway.logged(({ event, reason }) => event === 'event-stream.ended' && reason === 'rule-not-met')
    t.equal(await status(browser, '/page'), 200, 'the session lives')
  },
)

t.test(
  'S-172: our cookie and those of the app stand on one answer that streams, while a refresh is due',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'claimgate-recheck-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const own = { port: await freePort(), clock, folder }
    const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
    const before = await startTestGateway({ ...own, yaml: ({ url }) => yaml(url, secrets(first)) })
    const browser = await signIn(before.url)
    await before.close()
    const after = await startTestGateway({ ...own, yaml: ({ url }) => yaml(url, secrets(second, first)) })
    t.teardown(() => after.close())
    const { used } = op.refreshTokens
    pass(everySeconds)
    const cookie = cookieOf(browser)
    const head = `GET /stream HTTP/1.1\r\nHost: localhost:${own.port}\r\nCookie: ${cookie}\r\n\r\n`
    const client = await rawClient(own.port, head)
    const text = await client.until('first')
    t.equal(op.refreshTokens.used, used + 1)
    const cookies = text.match(/^set-cookie: [^=]+/gim) ?? []
    t.match(cookies, [/ app$/, / other$/, / claimgate/], 'each in a line of its own, before the body')
    t.ok(text.indexOf('claimgate') < text.indexOf('\r\n\r\n'))
    client.socket.destroy()
  },
)

t.test(
  'S-167: of two gateways on one file one asks, though the provider takes longer than anybody waits',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'claimgate-recheck-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const secret = randomBytes(32).toString('base64')
    const url = `http://localhost:${await freePort()}`
    const open = (at: number) =>
      startTestGateway({ clock, folder, port: at, yaml: () => yaml(url, secrets(secret)) })
    const [one, other] = [await open(Number(new URL(url).port)), await open(await freePort())]
    t.teardown(async () => void (await Promise.all([one.close(), other.close()])))
    const browser = await signIn(url)
    const cookie = cookieOf(browser)
    const ask = async (at: number): Promise<string> => {
      const head = `GET /admin/x HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAccept: application/json\r\nCookie: ${cookie}\r\n\r\n`
      const client = await rawClient(at, head)
      const text = await client.until('\r\n\r\n')
      client.socket.destroy()
      return text.slice(9, 12)
    }
    for (const { port: at } of [one, other]) t.equal(await ask(at), '200')
    const answer = Promise.withResolvers<void>()
    says(['ops'])
    op.bends.before = { token: () => answer.promise }
    const { used } = op.refreshTokens
    const { token } = op.counts
    pass(everySeconds)
    const asked = Array.from({ length: 10 }, (_, i) => ask(i % 2 === 0 ? one.port : other.port))
    t.same(new Set(await Promise.all(asked)), new Set(['200']), 'they go on with what is known')
    t.equal(op.counts.token, token + 1)
    answer.resolve()
    await poll(
      'both gateways know what the provider says',
      async () => [await ask(one.port), await ask(other.port)],
      (all) => all.every((code) => code === '403'),
    )
    t.equal(op.refreshTokens.used, used + 1)
    t.equal(op.refreshTokens.alarms, 0)
  },
)
