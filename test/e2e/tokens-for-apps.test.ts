// Tokens for apps through a whole gateway: fresh when they are sent, revoked when somebody leaves, and nowhere else.
import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { exchange } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'

interface Received {
  readonly target: string
  readonly access: string | undefined
  readonly id: string | undefined
  readonly body: string
  /** Headers and trailers, as they came. */
  readonly all: string
}

const op = await startHostileOp({ host: 'localhost' })
op.refreshTokens.issues = true
const received: Received[] = []
/** Tells nobody what it got: an app that shows its headers would show tokens too. */
const app = http.createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const { 'x-access': access, 'x-id': id } = request.headers as Record<string, string | undefined>
    const all = [...request.rawHeaders, ...request.rawTrailers].join()
    received.push({ target: request.url ?? '', access, id, body: Buffer.concat(parts).toString(), all })
    response.end('the app')
  })
})
app.on('upgrade', (request, socket) => {
  const { 'x-access': access, 'x-id': id } = request.headers as Record<string, string | undefined>
  received.push({ target: request.url ?? '', access, id, body: '', all: request.rawHeaders.join() })
  socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const [port, adminPort] = [await freePort(), await freePort()]
const clock = createTestClock(Math.floor(Date.now() / 1000))
const wiki = `http://localhost:${port}`
const gateway = await startTestGateway({
  port,
  clock,
  adminPort,
  yaml: () => `
log: { level: debug, subject: plain }
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more }
apps:
  wiki:
    url: "${wiki}"
    upstream: "http://127.0.0.1:${portOf(app)}"
    require: signed_in
    websocket: true
    identity_headers: { X-User: user, X-Access: access_token, X-Id: id_token }
    locations:
      - { path: /plain, require: signed_in, identity_headers: { X-User: user } }
      - { path: /none, require: { groups: nobody-has-it } }
`,
})
t.teardown(async () => {
  await gateway.close()
  app.close()
  app.closeAllConnections()
  await op.close()
})
t.beforeEach(() => {
  clock.time += 3600
  op.now = clock.time
  op.bends = {}
  received.length = 0
})

/** Everything that browsers were answered. */
const answers: Page[] = []

async function visit(browser: Browser, path: string, options: Parameters<Browser['visit']>[1] = {}) {
  const page = await browser.visit(`${wiki}${path}`, { follow: false, ...options })
  answers.push(page)
  return page
}

async function signIn(browser = new Browser()): Promise<Browser> {
  const { headers } = await visit(browser, '/.auth/login?return_to=/')
  const back = op.authorize(new URL(headers.location ?? ''))
  await visit(browser, `/.auth/callback?${back}`)
  return browser
}

const program = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

function cookieOf(browser: Browser): string {
  return [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
}

t.test(
  'an app gets the tokens of the sign-in, and asks for none at a location that sends none',
  async (t) => {
    const browser = await signIn()
    t.equal((await visit(browser, '/page')).status, 200)
    t.match(received, [
      { target: '/page', access: 'access-token-of-alice', id: /^ey[\w-]+\.ey[\w-]+\.[\w-]+$/ },
    ])
    await visit(browser, '/plain')
    t.match(received[1], { access: undefined, id: undefined })
    const spoofed = { 'x-access': 'forged-by-me', x_access: 'forged-by-me', 'x-ID': 'forged-by-me' }
    await visit(browser, '/plain', { headers: spoofed })
    t.match(received[2], { access: undefined, id: undefined }, 'a client’s own never pass')
  },
)

t.test('no client takes a token off the request, nor puts one of its own into it', async (t) => {
  const browser = await signIn()
  const head = (path: string, more: string) =>
    `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookieOf(browser)}\r\nSec-Fetch-Site: same-origin\r\n${more}`
  const named =
    'Connection: close, X-Access\r\nConnection: x-id\r\nX-Access: forged-by-me\r\nx_id: forged-by-me\r\n'
  await exchange(port, head('/named', `${named}Content-Length: 0\r\n\r\n`))
  const trailing = 'Connection: close\r\nTrailer: X-Access\r\nTransfer-Encoding: chunked\r\n\r\n'
  await exchange(
    port,
    head('/trailing', `${trailing}1\r\na\r\n0\r\nX-Access: forged-by-me\r\nX-Id: forged-by-me\r\n\r\n`),
  )
  const access = 'access-token-of-alice'
  t.match(received, [
    { target: '/named', access, id: /^ey/, body: '' },
    { target: '/trailing', access, id: /^ey/, body: 'a' },
  ])
  t.notMatch(received.map(({ all }) => all).join(), 'forged-by-me')
})

t.test('a token that ends soon is fresh before the request goes on, once for many at a time', async (t) => {
  const browser = await signIn()
  const used = op.refreshTokens.used
  clock.time += 300 - 31
  await visit(browser, '/early')
  t.equal(op.refreshTokens.used, used, 'not before it is due')
  clock.time += 1
  op.now = clock.time
  await visit(browser, '/plain')
  t.equal(op.refreshTokens.used, used, 'nor for an app that gets none')
  const pages = await Promise.all([1, 2, 3, 4, 5].map((n) => visit(browser, `/due-${n}`)))
  t.same(
    pages.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  )
  t.equal(op.refreshTokens.used, used + 1)
  t.equal(op.refreshTokens.alarms, 0)
  const due = received.filter(({ target }) => target.startsWith('/due'))
  t.same(
    due.map(({ access }) => access),
    Array(5).fill('access-token-of-alice-1'),
  )
  const [before] = received
  t.not(due[0]?.id, before?.id, 'with a new ID token, as the provider sent one')
})

/** The provider answers when it is told to; `asked` resolves as soon as it is asked. */
function heldProvider(): { readonly asked: Promise<void>; readonly answer: () => void } {
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  op.bends.before = {
    token: () => {
      asked.resolve()
      return answered.promise
    },
  }
  return { asked: asked.promise, answer: answered.resolve }
}

t.test('S-173: a body that waits for a fresh token arrives whole', async (t) => {
  const browser = await signIn()
  clock.time += 290
  op.now = clock.time
  const { asked, answer } = heldProvider()
  const body = 'x'.repeat(1_000_000)
  const posted = fetch(`${wiki}/upload`, {
    method: 'POST',
    headers: { ...program, cookie: cookieOf(browser), 'sec-fetch-site': 'same-origin' },
    body,
  })
  await asked
  t.same(received, [], 'no byte reaches the app before')
  answer()
  t.equal((await posted).status, 200)
  t.match(received, [{ target: '/upload', access: 'access-token-of-alice-1' }])
  t.equal(received[0]?.body.length, body.length)
})

t.test('S-173: whoever goes away while the provider is asked loses no token', async (t) => {
  const browser = await signIn()
  clock.time += 290
  op.now = clock.time
  const { asked, answer } = heldProvider()
  const gone = new AbortController()
  const request = fetch(`${wiki}/left`, { headers: { cookie: cookieOf(browser) }, signal: gone.signal })
  await asked
  gone.abort()
  await t.rejects(request)
  const used = op.refreshTokens.used
  answer()
  await poll(
    'the provider to answer',
    () => op.refreshTokens.used,
    (count) => count === used + 1,
  )
  op.bends = {}
  t.equal((await visit(browser, '/next')).status, 200)
  t.match(received.at(-1), { target: '/next', access: 'access-token-of-alice-1' })
  t.equal(op.refreshTokens.alarms, 0)
  t.equal(op.refreshTokens.used, used + 1, 'what came is used')
})

t.test('where no fresh token can be had, people sign in and programs are told', async (t) => {
  const browser = await signIn()
  clock.time += 290
  op.bends.answer = { token: (_request, response) => response.writeHead(503).end() }
  t.equal((await visit(browser, '/still')).status, 200, 'it is not over yet')
  t.match(received.at(-1), { access: 'access-token-of-alice' })
  clock.time += 10
  received.length = 0
  const page = await visit(browser, '/page?x=1')
  t.match(page, { status: 302, headers: { location: /\/authorize\?/ } })
  const told = await visit(browser, '/data', { headers: program })
  t.equal(told.status, 401)
  t.match(JSON.parse(told.body), { reason: 'token-expired', login_url: /\/\.auth\/login/ })
  const socket = await visit(browser, '/socket', {
    headers: {
      ...program,
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      origin: wiki,
    },
  })
  t.match(socket, { status: 401, body: /token-expired/ })
  const form = await visit(browser, '/form', {
    form: { note: 'not lost' },
    headers: { origin: wiki, 'sec-fetch-site': 'same-origin' },
  })
  t.match(form, { status: 303, headers: { location: /\/authorize\?/ } }, 'a form is kept')
  t.same(received, [], 'nothing of it reached the app')
  t.equal((await visit(browser, '/plain')).status, 200, 'elsewhere the session is as good as before')
  op.bends = {}
  const again = await browser.visit(`${wiki}/page?x=1`, { follow: false })
  op.now = clock.time
  const back = op.authorize(new URL(again.headers.location ?? ''))
  t.match(await visit(browser, `/.auth/callback?${back}`), { headers: { location: '/page?x=1' } })
  t.equal((await visit(browser, '/page?x=1')).status, 200)
})

t.test('S-168: a grant that is refused ends the session', async (t) => {
  const browser = await signIn()
  clock.time += 290
  op.refreshTokens.endAll()
  const told = await visit(browser, '/data', { headers: program })
  t.equal(told.status, 401)
  t.match(JSON.parse(told.body), { reason: 'session-ended-by-provider' })
  t.same(received, [])
  t.match(JSON.parse((await visit(browser, '/plain', { headers: program })).body), {
    reason: 'session-ended',
  })
})

t.test('a sign-out revokes the refresh token, and waits for no provider', async (t) => {
  const browser = await signIn()
  const token = op.refreshTokens.current('alice')
  let letGo = () => {}
  op.bends.late = {
    revocation: () =>
      new Promise((go) => {
        letGo = go
      }),
  }
  const out = await visit(browser, '/.auth/logout', {
    method: 'POST',
    form: {},
    headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' },
  })
  t.match(out, { status: 200 }, 'while the provider has not answered')
  await poll(
    'the provider to be told',
    () => op.refreshTokens.revoked,
    (revoked) => revoked.includes(token ?? ''),
  )
  letGo()
  t.equal((await visit(browser, '/page')).status, 302)
})

t.test('S-163, S-203: no token is in an answer to a browser, a log line, a metric or a file', async (t) => {
  const browser = await signIn()
  const refresh = op.refreshTokens.current('alice') ?? 'missing'
  for (const path of ['/page', '/.auth/me', '/.auth/logout', '/.auth/sessions', '/none', '/.auth/account'])
    await visit(browser, path)
  clock.time += 290
  op.now = clock.time
  await visit(browser, '/page')
  const ids = received.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const needles = [
    'access-token-of',
    'refresh-token-of',
    refresh,
    ...ids.flatMap((id) => id.split('.').slice(1)),
  ]
  t.ok(needles.length >= 7, 'there are tokens to look for')
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  const told = [
    ...answers.map(({ status, headers, body, url }) => JSON.stringify([status, headers, body, url.href])),
    ...gateway.log.map((line) => JSON.stringify(line)),
    metrics,
    ...readdirSync(gateway.folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(gateway.folder, name), 'latin1')),
  ]
  for (const text of told) {
    // The hint of a sign-out is the one exception that there is: docs/security.md.
    for (const form of spellings(text.replaceAll(/id_token_hint=[\w.%-]+/g, '')))
      for (const needle of needles) if (form.includes(needle)) t.fail(`${needle} in ${text.slice(0, 300)}`)
  }
  t.ok(told.length > 50)
})

/** As it is, decoded as an address, and each of its words decoded from base64. */
function spellings(text: string): readonly string[] {
  const words = text.match(/[\w+/=-]{16,}/g) ?? []
  const decoded = words.flatMap((word) => [
    Buffer.from(word, 'base64').toString('latin1'),
    Buffer.from(word, 'base64url').toString('latin1'),
  ])
  return [
    text,
    text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    ...decoded,
  ]
}
