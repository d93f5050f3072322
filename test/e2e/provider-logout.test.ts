// A provider that ends sessions, by either channel, through a whole gateway; and everything that is no such request.
import http from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { encode, type Fields, firstKey, newKey, signJwt, startHostileOp } from '../support/hostile-op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { rawClient } from '../support/raw.ts'
import { outcomeOf, poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'
const clientSecret = 'canary-client-secret-of-32-bytes-or-more'
const foreign = newKey('k1', 'RS256')

const [op, other] = [await startHostileOp({ host: 'localhost' }), await startHostileOp({ host: 'localhost' })]
other.keys = [newKey('k1', 'RS256')]
const echo: Echo = await startEcho()
const socketApp = await startWebSocketApp()
let finishDownload = () => {}
/** Two answers that begin at once: events, and a download that ends when a test says so. */
const slow = http.createServer((request, response) => {
  const type = request.url === '/slow/events' ? 'text/event-stream' : 'text/plain'
  response.writeHead(200, { 'content-type': type }).write('data: 1\n\n')
  if (type === 'text/plain') finishDownload = () => response.end('the end')
})
await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
const port = await freePort()
/** Of the provider too. It stands still, but for where a test lets time pass: a logout ends what was issued in its second. */
const clock = createTestClock(Math.floor(Date.now() / 1000))
/** Two origins; for SameSite, and for cookies, two sites. */
const [wiki, notes] = [`http://localhost:${port}`, `http://127.0.0.1:${port}`]
const client = `client_id: gateway, client_secret: ${clientSecret}`
const gateway = await startTestGateway({
  port,
  clock,
  yaml: () => `
providers:
  op: { issuer: "${op.issuer}", ${client} }
  other: { issuer: "${other.issuer}", ${client}, user_id_prefix: "other:" }
apps:
  wiki: { url: "${wiki}", upstream: "${echo.url}", provider: op, require: signed_in }
  live: { url: "${wiki}/live", upstream: "${socketApp.url}", provider: op, require: signed_in, locations: [{ path: /live/ws, require: signed_in, websocket: true }] }
  slow: { url: "${wiki}/slow", upstream: "http://127.0.0.1:${portOf(slow)}", provider: op, require: signed_in }
  notes: { url: "${notes}", upstream: "${echo.url}", provider: [op, other], require: signed_in }
`,
})
t.teardown(async () => {
  await gateway.close()
  slow.close()
  slow.closeAllConnections()
  await Promise.all([op.close(), other.close(), echo.close(), socketApp.close()])
})

const now = () => clock.now()
/** From here on whoever signs in is later than what was ended. */
const aMomentLater = () => {
  clock.time += 5
}
t.beforeEach(aMomentLater)

interface Person {
  readonly sub: string
  readonly sid?: string
}

/** As the provider answers from now on. */
function becomes({ sub, sid }: Person): void {
  const iat = now()
  op.bends.claims = (claims) => ({
    ...claims,
    sub,
    iat,
    exp: iat + 900,
    ...(sid === undefined ? {} : { sid }),
  })
  op.bends.userinfo = (claims) => ({ ...claims, sub })
}

/** A browser with a session at an origin. */
async function signIn(person: Person, at = wiki): Promise<Browser> {
  becomes(person)
  const browser = new Browser()
  const { headers } = await browser.visit(`${at}/.auth/login?provider=op&return_to=/`, { follow: false })
  const back = op.authorize(new URL(headers.location ?? ''))
  await browser.visit(`${at}/.auth/callback${at === wiki ? '' : '/op'}?${back}`, { follow: false })
  return browser
}

const isIn = async (browser: Browser, at = wiki) =>
  (await browser.visit(`${at}/`, { follow: false })).status === 200

let tokens = 0

/** `undefined` takes a claim out. */
function logoutClaims(changes: Fields = {}): Fields {
  tokens += 1
  const claims = { iss: op.issuer, aud: 'gateway', iat: now(), exp: now() + 120, jti: `canary-jti-${tokens}` }
  return { ...claims, events: { [event]: {} }, ...changes }
}

const signed = (changes: Fields, header: Fields = {}) =>
  signJwt(
    { alg: 'RS256', kid: 'k1', typ: 'logout+jwt', ...header },
    logoutClaims(changes),
    firstKey().privateKey,
  )

const post = (body: string, at = wiki, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${at}/.auth/backchannel-logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
    redirect: 'manual',
  })

const send = (token: string, at = wiki) => post(String(new URLSearchParams({ logout_token: token })), at)

t.test('S-181: a token ends whom it means, on every origin, and nobody else', async (t) => {
  const rows: readonly (readonly [string, Fields, readonly string[]])[] = [
    ['sid alone: that session at the provider', { sid: 's-1' }, ['wiki s-1', 'notes s-1']],
    ['sub alone: all of that person', { sub: 'alice' }, ['wiki s-1', 'notes s-1', 'wiki s-2', 'wiki none']],
    [
      'both: that session, and those that name none',
      { sub: 'alice', sid: 's-1' },
      ['wiki s-1', 'notes s-1', 'wiki none'],
    ],
    ['sid and sub of different people: nobody', { sub: 'bob', sid: 's-1' }, []],
    ['somebody who has no session', { sub: 'nobody' }, []],
  ]
  for (const [name, claims, ended] of rows) {
    const sessions: Readonly<Record<string, readonly [Browser, string]>> = {
      'wiki s-1': [await signIn({ sub: 'alice', sid: 's-1' }), wiki],
      'notes s-1': [await signIn({ sub: 'alice', sid: 's-1' }, notes), notes],
      'wiki s-2': [await signIn({ sub: 'alice', sid: 's-2' }), wiki],
      'wiki none': [await signIn({ sub: 'alice' }), wiki],
      'wiki bob': [await signIn({ sub: 'bob', sid: 's-3' }), wiki],
    }
    for (const [key, [browser, at]] of Object.entries(sessions))
      t.ok(await isIn(browser, at), `${name}: ${key}`)
    const from = gateway.log.length
    const answer = await send(signed(claims), notes)
    t.equal(answer.status, 200, name)
    t.equal(answer.headers.get('cache-control'), 'no-store')
    t.equal(await answer.text(), '')
    for (const [key, [browser, at]] of Object.entries(sessions))
      t.equal(await isIn(browser, at), !ended.includes(key), `${name}: ${key}`)
    const lines = gateway.log.slice(from)
    t.equal(lines.filter((line) => line.event === 'session.ended').length, ended.length)
    t.match(
      lines.find((line) => line.event === 'logout.provider'),
      { how: 'back-channel', provider: 'op', ended: ended.length },
    )
    await send(signed({ sub: 'alice' }))
    await send(signed({ sub: 'bob' }))
    aMomentLater()
  }
})

t.test('S-180: a token that comes again does nothing, and a later sign-in lives', async (t) => {
  const token = signed({ sub: 'alice' })
  t.equal((await send(token)).status, 200)
  aMomentLater()
  const alice = await signIn({ sub: 'alice', sid: 's-1' })
  t.ok(await isIn(alice))
  const again = await send(token)
  t.equal(again.status, 400)
  t.equal(again.headers.get('cache-control'), 'no-store')
  t.same(await again.json(), {
    error: 'invalid_request',
    error_description: 'This logout token was used before.',
  })
  t.ok(await isIn(alice))
  await send(signed({ sub: 'alice' }))
  t.notOk(await isIn(alice), 'while a new one ends it')
})

t.test(
  'a sign-in that was under way when the token came ends with it, though it is stored later',
  async (t) => {
    becomes({ sub: 'alice', sid: 's-1' })
    const browser = new Browser()
    const { headers } = await browser.visit(`${wiki}/.auth/login?return_to=/`, { follow: false })
    const back = op.authorize(new URL(headers.location ?? ''))
    const { promise, resolve } = Promise.withResolvers<void>()
    const asked = op.counts.userinfo
    op.bends.before = { userinfo: () => promise }
    const coming = browser.visit(`${wiki}/.auth/callback?${back}`, { follow: false })
    await poll(
      'the ID token to be here',
      () => op.counts.userinfo,
      (count) => count > asked,
    )
    t.equal((await send(signed({ sid: 's-1' }))).status, 200)
    op.bends.before = {}
    resolve()
    t.equal((await coming).status, 303)
    t.notOk(await isIn(browser))
    aMomentLater()
    const later = await signIn({ sub: 'alice', sid: 's-1' })
    t.ok(await isIn(later), 'one that began after it lives')
  },
)

t.test(
  'S-178, S-179, S-180, S-182: what is no logout token changes nothing, and is answered in fixed words',
  async (t) => {
    const alice = await signIn({ sub: 'alice', sid: 'canary-sid' })
    const asked = op.counts.jwks
    const sub = { sub: 'alice' }
    const form = (token: string) => String(new URLSearchParams({ logout_token: token }))
    const header = { alg: 'RS256', kid: 'k1' }
    const deep = `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`
    const rows: readonly (readonly [string, string, number])[] = [
      ['nothing', '', 400],
      ['another field', 'token=x', 400],
      ['an empty token', 'logout_token=', 400],
      ['two tokens', `${form(signed(sub))}&${form(signed(sub))}`, 400],
      ['a token and an empty one', `${form(signed(sub))}&logout_token=`, 400],
      ['a token in JSON', JSON.stringify({ logout_token: signed(sub) }), 400],
      ['no token at all', form('x'), 400],
      ['alg none', form(`${encode({ alg: 'none' })}.${encode(logoutClaims(sub))}.`), 400],
      [
        'HS256 with the client’s secret',
        form(signJwt({ alg: 'HS256' }, logoutClaims(sub), clientSecret)),
        400,
      ],
      ['the key of another', form(signJwt(header, logoutClaims(sub), foreign.privateKey)), 400],
      ['the other provider’s name, by this one’s key', form(signed({ ...sub, iss: other.issuer })), 400],
      ['another audience', form(signed({ ...sub, aud: 'somebody' })), 400],
      ['an hour late', form(signed({ ...sub, iat: now() - 3600, exp: now() - 3480 })), 400],
      ['an hour early', form(signed({ ...sub, iat: now() + 3600, exp: now() + 3720 })), 400],
      ['no jti', form(signed({ ...sub, jti: undefined })), 400],
      ['a nonce', form(signed({ ...sub, nonce: 'n' })), 400],
      ['no event', form(signed({ ...sub, events: {} })), 400],
      ['an access token', form(signed(sub, { typ: 'at+jwt' })), 400],
      ['deep JSON', form(`${encode(header)}.${Buffer.from(deep).toString('base64url')}.AA`), 400],
      ['17 KiB', form(signed({ ...sub, x: 'x'.repeat(13 * 1024) })), 413],
      ['a megabyte', form('x'.repeat(1024 * 1024)), 413],
    ]
    const from = gateway.log.length
    for (const [name, body, status] of rows) {
      const answer = await post(body)
      t.equal(answer.status, status, name)
      t.equal(answer.headers.get('cache-control'), 'no-store', name)
      t.equal(answer.headers.get('set-cookie'), null, name)
      const text = await answer.text()
      t.notMatch(text, 'canary', name)
      if (status === 400)
        t.match(
          JSON.parse(text),
          { error: 'invalid_request', error_description: /^This (?:logout token|sign-out) / },
          name,
        )
    }
    t.equal((await post(form(signed(sub)), wiki, { 'content-type': 'application/json' })).status, 415)
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const answer = await fetch(`${wiki}/.auth/backchannel-logout?${form(signed(sub))}`, { method })
      t.equal(answer.status, 405, method)
      t.equal(answer.headers.get('allow'), 'POST', method)
    }
    t.ok(await isIn(alice))
    t.ok(op.counts.jwks <= asked + 1, 'the provider is not asked for each')
    const lines = gateway.log.slice(from)
    // All of them begin with `alg`; shorter words stand in the hashes of subjects too.
    t.notMatch(JSON.stringify(lines), /canary|eyJhbGciOi/, 'nothing of a token is in the log')
    t.equal(lines.filter((line) => line.event === 'logout.failed').length, 19)
    t.notOk(lines.some((line) => line.event === 'session.ended' || line.level === 'error'))
    await send(signed(sub))
  },
)

t.test('it is believed for its signature alone, whatever a browser sends with it', async (t) => {
  const [alice, bob] = [await signIn({ sub: 'alice', sid: 's-1' }), await signIn({ sub: 'bob', sid: 's-2' })]
  const cookie = [...bob.cookies('localhost')].map((pair) => pair.join('=')).join('; ')
  const headers = { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  const body = String(new URLSearchParams({ logout_token: signed({ sub: 'alice' }), state: 'x' }))
  const answer = await post(body, wiki, headers)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('set-cookie'), null)
  t.notOk(await isIn(alice))
  t.ok(await isIn(bob))
  await send(signed({ sub: 'bob' }))
})

t.test('a store or keys that are away are 503, and the token is worth as much afterwards', async (t) => {
  const alice = await signIn({ sub: 'alice', sid: 's-1' })
  t.ok(await isIn(alice))
  const database = new DatabaseSync(join(gateway.folder, 'sessions.db'))
  t.teardown(() => database.close())
  const token = signed({ sub: 'alice' })
  database.exec('BEGIN IMMEDIATE')
  const away = await send(token)
  t.equal(away.status, 503)
  t.equal(away.headers.get('retry-after'), '5')
  t.match(await away.json(), { error: 'temporarily_unavailable' })
  database.exec('ROLLBACK')
  t.ok(await isIn(alice), 'nothing was done')
  t.equal((await send(token)).status, 200)
  t.notOk(await isIn(alice))

  other.bends.answer = { jwks: (_request, response) => void response.writeHead(500).end() }
  clock.time += 3601 // Keys are kept for an hour.
  const ofOther = signed({ sub: 'x', iss: other.issuer })
  t.equal((await send(ofOther)).status, 503)
  t.match(
    gateway.log.findLast((line) => line.event === 'logout.failed'),
    { provider: 'other', code: /^PROVIDER_/ },
  )
  other.bends.answer = {}
})

t.test(
  'S-181: WebSockets and event streams end with their session, every other answer goes on',
  async (t) => {
    const alice = await signIn({ sub: 'alice', sid: 's-1' })
    const cookie = [...alice.cookies('localhost')].map((pair) => pair.join('=')).join('; ')
    const socket = await openWebSocket(`${wiki.replace('http', 'ws')}/live/ws`, { cookie, origin: wiki })
    const begin = async (path: string) => {
      const client = await rawClient(
        port,
        `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie}\r\n\r\n`,
      )
      await client.until('data: 1')
      return client
    }
    const [events, download] = [await begin('/slow/events'), await begin('/slow/download')]
    t.equal((await send(signed({ sid: 's-1' }))).status, 200)
    t.equal(await outcomeOf(socket.closed), 1008)
    t.match(await events.until('0\r\n\r\n'), 'text/event-stream')
    events.destroy()
    finishDownload()
    t.match(await download.until('0\r\n\r\n'), 'the end')
    download.destroy()
  },
)

t.test('S-183: a frame of the provider ends the session of its sid, and no other', async (t) => {
  const [alice, here, bob] = [
    await signIn({ sub: 'alice', sid: 's-1' }),
    await signIn({ sub: 'alice', sid: 's-1' }, notes),
    await signIn({ sub: 'alice', sid: 's-2' }),
  ]
  const frame = (query: string, at = wiki, method = 'GET') =>
    fetch(`${at}/.auth/frontchannel-logout${query}`, {
      method,
      headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' },
    })
  const iss = encodeURIComponent(op.issuer)
  const shown = async (answer: Response) => ({
    status: answer.status,
    body: await answer.text(),
    headers: Object.fromEntries(
      [...answer.headers].filter(([name]) => !['date', 'content-length'].includes(name)),
    ),
  })
  const missed = await shown(await frame(`?iss=${iss}&sid=nobody`))
  t.ok((await isIn(alice)) && (await isIn(here, notes)) && (await isIn(bob)))
  for (const query of [
    '',
    '?sid=',
    '?sid=s-1&sid=s-1',
    `?iss=${iss}&iss=${iss}&sid=s-1`,
    '?iss=https://evil.example&sid=s-1',
    `?iss=${encodeURIComponent(other.issuer)}&sid=s-1`,
    `?sid=${'s'.repeat(256)}`,
  ]) {
    const refused = await shown(await frame(query))
    t.match(
      refused,
      {
        status: 400,
        headers: { 'content-security-policy': /frame-ancestors 'none'/, 'cache-control': 'no-store' },
      },
      query,
    )
  }
  t.equal((await frame('?sid=s-1', notes)).status, 400, 'two providers, and nobody says which')
  t.equal((await frame(`?iss=${iss}&sid=s-1`, wiki, 'HEAD')).status, 405)
  t.equal((await frame(`?iss=${iss}&sid=s-1`, wiki, 'POST')).headers.get('allow'), 'GET')
  t.ok((await isIn(alice)) && (await isIn(here, notes)))

  const from = gateway.log.length
  const hit = await shown(await frame(`?iss=${iss}&sid=s-1`))
  t.same(hit, missed, 'the same answer, whether there was one or not')
  t.match(hit, { status: 200, headers: { 'cache-control': 'no-store', 'content-type': /^text\/html/ } })
  t.equal(hit.headers['x-frame-options'], undefined)
  t.equal(hit.headers['set-cookie'], undefined)
  t.match(hit.headers['content-security-policy'], `frame-ancestors ${op.issuer};`)
  t.notOk(await isIn(alice))
  t.notOk(await isIn(here, notes), 'nor at another origin: it was one session there')
  t.ok(await isIn(bob))
  t.match(
    gateway.log.slice(from).find((line) => line.event === 'logout.provider'),
    { how: 'front-channel', ended: 2 },
  )
  t.notMatch(JSON.stringify(gateway.log.slice(from).filter((line) => line.event !== 'request')), 's-1"')
  t.equal((await frame('?sid=s-2')).status, 200, 'one provider: nobody has to say which')
  t.notOk(await isIn(bob))
})
