// Sessions that rest in the browser: `store: cookie`, over real sockets.
import { existsSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { webSocketAccept } from '../../src/core/request/websocket-accept.ts'
import { Browser, type Page } from '../support/browser.ts'
import {
  groups,
  jar,
  largeSession,
  nowhere,
  pairs,
  type Rig,
  secret,
  start,
} from '../support/cookie-sessions.ts'
import type { HostileFront } from '../support/hostile-front.ts'
import { portOf } from '../support/ports.ts'
import { rawClient } from '../support/raw.ts'
import { recordingUpstream } from '../support/upstream.ts'

/** What a request with these cookies comes to: 200, or the reason in the log. */
async function asks({ front }: Rig, cookie: string, path = '/'): Promise<string> {
  const before = front.gateway.log.length
  const answer = await fetch(front.url + path, {
    headers: { cookie, accept: 'text/html' },
    redirect: 'manual',
  })
  await answer.arrayBuffer()
  const line = await front.gateway.logged(
    (one) => front.gateway.log.indexOf(one) >= before && one.event === 'request',
  )
  return answer.status === 200 ? '200' : String(line.reason)
}

const setCookies = (page: Page): readonly string[] =>
  (page.headers['set-cookie'] ?? []).map((line) => line.slice(0, line.indexOf('=')))

t.test(
  'a session takes one cookie or two, nothing else holds it, and the app sees none of them',
  async (t) => {
    const rig = await start(t)
    const { front, names } = rig
    const [first, second, mark] = names
    const small = await front.signedIn()
    t.same([...jar(small).keys()].filter((name) => !name.includes('-tx-')).sort(), [first, mark].sort())
    const browser = await largeSession(rig)
    t.ok([first, second, mark].every((name) => jar(browser).has(name)))
    for (const name of [first, second]) {
      const value = jar(browser).get(name) ?? ''
      t.ok(name.length + value.length < 3584, `${name} has ${value.length} letters`)
    }
    jar(browser).set('own', 'of the app')
    const page = await browser.visit(`${front.url}/`)
    t.equal(page.status, 200)
    const { headers } = JSON.parse(page.body)
    t.same(headers.cookie, ['own=of the app'])
    t.match(headers['x-forwarded-groups']?.[0], 'group-89-of')
    t.notOk(existsSync(nowhere))
  },
)

t.test(
  'S-154, S-156: pieces that are cut, changed, swapped, doubled or of another session are no session',
  async (t) => {
    const rig = await start(t)
    const [first, second, mark] = rig.names
    const browser = await largeSession(rig)
    const other = await largeSession(rig)
    const [a, b] = [jar(browser).get(first) ?? '', jar(browser).get(second) ?? '']
    const [c, d] = [jar(other).get(first) ?? '', jar(other).get(second) ?? '']
    const small = await rig.front.signedIn()
    t.equal(await asks(rig, pairs({ [first]: a, [second]: b })), '200')
    t.equal(await asks(rig, pairs({ [second]: b, x: 'y', [first]: a })), '200', 'in whatever order they come')
    const flip = (value: string, at: number) =>
      value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
    const unreadable: Readonly<Record<string, string>> = {
      'the first alone': pairs({ [first]: a }),
      'the second alone': pairs({ [second]: b }),
      'an empty second': pairs({ [first]: a, [second]: '' }),
      swapped: pairs({ [first]: b, [second]: a }),
      'a second of another session': pairs({ [first]: a, [second]: d }),
      'a first of another session': pairs({ [first]: c, [second]: b }),
      'a small one with a second': pairs({ [first]: jar(small).get(first), [second]: b }),
      'the mark as a session': pairs({ [first]: jar(browser).get(mark) }),
      'a changed letter': pairs({ [first]: flip(a, 2000), [second]: b }),
      'a changed letter in the second': pairs({ [first]: a, [second]: flip(b, 100) }),
      'other letters of the same bytes': pairs({ [first]: a, [second]: `${b}=` }),
    }
    for (const [what, cookie] of Object.entries(unreadable))
      t.equal(await asks(rig, cookie), 'session-unreadable', what)
    for (const [what, cookie] of [
      ['the first twice', `${pairs({ [first]: a, [second]: b })}; ${first}=${a}`],
      ['the second twice', `${pairs({ [first]: a, [second]: b })}; ${second}=${b}`],
      ['another second', `${second}=${d}; ${pairs({ [first]: a, [second]: b })}`],
    ] as const)
      t.equal(await asks(rig, cookie), 'session-ambiguous', what)
    t.equal(await asks(rig, 'a=b'), 'no-session')
  },
)

t.test('S-164: a session of another origin, purpose or store does not open', async (t) => {
  const rig = await start(t)
  const [first] = rig.names
  const elsewhere = await start(t)
  const stored = await start(t, { top: `session: { secret: ${secret}, store: memory }` })
  const value = (from: Rig, browser: Browser) => jar(browser).get(from.names[0])
  for (const from of [elsewhere, stored]) {
    const cookie = pairs({ [first]: value(from, await from.front.signedIn()) })
    t.equal(await asks(rig, cookie), 'session-unreadable')
  }
  const mine = pairs({ [stored.names[0]]: value(rig, await rig.front.signedIn()) })
  t.equal(await asks(stored, mine), 'session-unreadable', 'and no other store opens one')
})

interface OddApp {
  readonly url: string
  /** Answers that are held back, by path. */
  readonly held: Map<string, ServerResponse>
}

/** Answers 304, streams, waits, and tries to set what is not its own. */
async function oddApp(t: Test): Promise<OddApp> {
  const held = new Map<string, ServerResponse>()
  const server = createServer((request, response) => {
    const { url = '' } = request
    const port = request.headers['x-forwarded-host']?.toString().split(':')[1]
    if (url.endsWith('/304')) return void response.writeHead(304).end()
    if (url.endsWith('/stream'))
      return void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    if (url.endsWith('/sets')) {
      const names = ['', '-p2', '-ended', '-tx-1'].map((end) => `claimgate-${port}${end}`)
      response.setHeader('set-cookie', [
        ...names.flatMap((name) => [`${name}=x`, `${name}=; Max-Age=0`]),
        'own=1',
      ])
    }
    if (url.includes('/held')) return void held.set(url, response)
    response.end('odd')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${portOf(server)}`, held }
}

const withOdd = (odd: OddApp) => (url: string) =>
  `
    require: signed_in
    locations: [{ path: /nobody, require: { groups: nobody-has-it } }]
  odd:
    url: ${url}/odd
    upstream: ${odd.url}
    require: signed_in
`

t.test('S-251: no app sets, replaces or deletes a piece or the mark', async (t) => {
  const odd = await oddApp(t)
  const rig = await start(t, { app: withOdd(odd) })
  const browser = await rig.front.signedIn()
  const before = new Map(jar(browser))
  const page = await browser.visit(`${rig.front.url}/odd/sets`)
  t.same(setCookies(page), ['own'])
  before.set('own', '1')
  t.same(jar(browser), before)
})

t.test(
  'the last use comes back with answers of every kind, once a minute, and keeps the session alive',
  async (t) => {
    const odd = await oddApp(t)
    const rig = await start(t, { app: withOdd(odd) })
    const { front, clock, names } = rig
    const browser = await largeSession(rig)
    const [first, second] = names
    const ask = (path: string) => browser.visit(front.url + path, { follow: false })
    t.same(setCookies(await ask('/odd/')), [], 'nothing is due')
    for (const path of ['/odd/', '/odd/304', '/', '/nobody', '/.auth/']) {
      clock.time += 60
      const page = await ask(path)
      t.same(setCookies(page), [first, second], path)
      t.equal(page.status, path === '/nobody' ? 403 : path === '/odd/304' ? 304 : 200, path)
      t.match(page.headers['cache-control'], /private|no-store/, path)
      t.same(setCookies(await ask(path)), [], `${path} once more`)
    }
    clock.time += 60
    t.same(setCookies(await ask('/.auth/me')), [], 'which is no use')
    const stream = await fetch(`${front.url}/odd/stream`, {
      headers: { cookie: pairs(Object.fromEntries(jar(browser))) },
    })
    t.equal(stream.headers.getSetCookie().length, 2, 'a stream')
    await stream.body?.cancel()
    let uses = 0
    for (; uses < 1000; uses++) {
      clock.time += 600
      if ((await ask('/odd/')).status !== 200) break
    }
    t.ok(uses > 20, `${uses} uses, each well within the idle time of the one before`)
    t.ok(uses < 1000, 'and then the longest lifetime is over')
  },
)

t.test('a session goes on after a restart, and in another process, by its cookies alone', async (t) => {
  const rig = await start(t)
  const browser = await largeSession(rig)
  rig.clock.time += 60
  t.equal((await browser.visit(`${rig.front.url}/`)).status, 200)
  await rig.front.gateway.close()
  const yaml = (app: string) => () =>
    `
providers:
  op: { issuer: "${rig.front.op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more }
apps:
  wiki:
    url: ${rig.front.url}
    upstream: ${rig.front.echo.url}
${app}
session: { store: cookie, secret: ${secret} }
`
  const { startTestGateway } = await import('../support/gateway.ts')
  const { port } = rig.front.gateway
  const same = { clock: rig.clock, folder: nowhere, port }
  const next = await startTestGateway({ ...same, yaml: yaml('    require: signed_in') })
  t.equal((await browser.visit(`${rig.front.url}/`)).status, 200)
  await next.close()
  const more = await startTestGateway({
    ...same,
    yaml: yaml('    require: { any: [signed_in, { banned: yes }] }'),
  })
  t.teardown(() => more.close())
  const asked = await browser.visit(`${rig.front.url}/`, { follow: false })
  t.equal(asked.status, 302, 'a claim that was not kept is not one that is missing')
  t.match(await more.logged(({ event }) => event === 'request'), { reason: 'session-lacks-claim' })
  await rig.front.finish(browser, await rig.front.begin(browser))
  t.equal(
    (await browser.visit(`${rig.front.url}/`, { follow: false })).status,
    200,
    'once signed in, no loop',
  )
})

const signOut = (front: HostileFront, browser: Browser): Promise<Page> =>
  browser.visit(`${front.url}/.auth/logout`, {
    form: {},
    headers: { origin: front.url, 'sec-fetch-site': 'same-origin' },
    follow: false,
  })

t.test(
  'S-160, S-177: a sign-out clears the pieces and leaves a mark, which outlives answers under way',
  async (t) => {
    const odd = await oddApp(t)
    const rig = await start(t, { app: withOdd(odd) })
    const { front, clock, names } = rig
    const [first, second, mark] = names
    const browser = await largeSession(rig)
    const before = Object.fromEntries(jar(browser))
    const stolen = new Browser()
    for (const [name, value] of Object.entries(before)) jar(stolen).set(name, value)
    clock.time += 60
    const late = browser.visit(`${front.url}/odd/held-back`)
    while (odd.held.size === 0) await new Promise((resolve) => setImmediate(resolve))
    const page = await signOut(front, browser)
    t.same(setCookies(page).slice(0, 3).sort(), [first, second, mark].sort())
    t.same([jar(browser).has(first), jar(browser).has(second)], [false, false])
    t.match(
      page.headers['set-cookie']?.find((line) => line.startsWith(mark)),
      /; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    odd.held.get('/odd/held-back')?.end('late')
    t.same(setCookies(await late), [], 'the process that ended it brings nothing back')
    const out = jar(browser).get(mark)
    t.equal(await asks(rig, pairs({ [first]: before[first], [second]: before[second] })), 'session-ended')
    t.equal(await asks(rig, pairs({ ...before, [mark]: out })), 'session-ended')
    await front.finish(browser, await front.begin(browser))
    t.equal((await browser.visit(`${front.url}/`)).status, 200, 'signed in again, within the same second')
    const now = jar(browser).get(mark)
    t.equal(await asks(rig, pairs({ ...before, [mark]: now })), 'session-ended', 'the former one stays out')
  },
)

t.test('another process keeps a copy out by the mark, and cannot without', async (t) => {
  const rig = await start(t)
  const browser = await rig.front.signedIn()
  const [first, , mark] = rig.names
  const before = jar(browser).get(first)
  await signOut(rig.front, browser)
  const out = jar(browser).get(mark)
  await rig.front.gateway.close()
  const { startTestGateway } = await import('../support/gateway.ts')
  const yaml = () => `
providers:
  op: { issuer: "${rig.front.op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more }
apps:
  wiki: { url: "${rig.front.url}", upstream: "${rig.front.echo.url}", require: signed_in }
session: { store: cookie, secret: ${secret} }
`
  const { port } = rig.front.gateway
  const next = await startTestGateway({ clock: rig.clock, folder: nowhere, port, yaml })
  t.teardown(() => next.close())
  const there = { ...rig, front: { ...rig.front, gateway: next } }
  t.equal(await asks(there, pairs({ [first]: before, [mark]: out })), 'session-ended')
  t.equal(await asks(there, pairs({ [first]: before })), '200', 'as docs/security.md says')
})

t.test('a callback that comes twice leads to the same session; a sign-out in between ends it', async (t) => {
  const rig = await start(t)
  const { front, names } = rig
  const browser = new Browser()
  front.op.bends = { userinfo: (claims) => ({ ...claims, groups }) }
  const parameters = await front.begin(browser, '/page')
  const attempt = new Map(jar(browser))
  const again = async () => {
    const twin = new Browser()
    for (const [name, value] of attempt) jar(twin).set(name, value)
    return { twin, page: await front.finish(twin, parameters) }
  }
  t.equal((await front.finish(browser, parameters)).headers.location, '/page')
  const { twin, page } = await again()
  t.equal(page.headers.location, '/page')
  for (const name of names.slice(0, 2)) t.equal(jar(twin).get(name), jar(browser).get(name))
  t.equal((await twin.visit(`${front.url}/`)).status, 200)
  await signOut(front, browser)
  const third = await again()
  t.notOk(jar(third.twin).has(names[0]), 'nothing comes back')
})

t.test('two tabs: an answer of another process that comes late ends with the session it is of', async (t) => {
  const rig = await start(t)
  const { front, clock, names } = rig
  const [first, second, mark] = names
  const browser = await largeSession(rig)
  const old = new Map(jar(browser))
  clock.time += 60
  const late = new Browser()
  for (const [name, value] of old) jar(late).set(name, value)
  await late.visit(`${front.url}/`)
  const overtaken = [jar(late).get(first), jar(late).get(second)]
  t.not(overtaken[0], old.get(first), 'the last use came back')
  await front.finish(browser, await front.begin(browser, '/.auth/login?return_to=/'))
  t.equal((await browser.visit(`${front.url}/`)).status, 200)
  const now = jar(browser).get(mark)
  t.equal(
    await asks(rig, pairs({ [first]: overtaken[0], [second]: overtaken[1], [mark]: now })),
    'session-ended',
    'the former session does not come back over the new one',
  )
})

t.test('a WebSocket ends with a session in the browser: signed out, or not used for too long', async (t) => {
  const app = await recordingUpstream()
  t.teardown(() => app.close())
  app.answerWith(({ received }) => {
    if (!received.endsWith('\r\n\r\n')) return null
    const accept = webSocketAccept(/sec-websocket-key: (\S+)/i.exec(received)?.[1] ?? '')
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    return [...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n')
  })
  const sockets = (url: string) => `
    require: signed_in
  sockets:
    url: ${url}/sockets
    upstream: http://127.0.0.1:${app.port}
    require: signed_in
    websocket: true
`
  const rig = await start(t, { app: sockets })
  const { front, clock } = rig
  const { port } = front.gateway
  const open = async (browser: Browser) => {
    const cookie = pairs(Object.fromEntries(jar(browser)))
    const lines = [
      ...['GET /sockets/ws HTTP/1.1', `Host: localhost:${port}`, `Origin: ${front.url}`, `Cookie: ${cookie}`],
      ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
      ...['Sec-WebSocket-Version: 13', '', ''],
    ]
    const client = await rawClient(port, lines.join('\r\n'))
    return { client, head: await client.until('\r\n\r\n') }
  }
  const closed = String.fromCharCode(0x88, 2, 1008 >> 8, 1008 & 0xff)
  const leaving = await front.signedIn()
  const idle = await largeSession(rig)
  clock.time += 60
  const [left, kept] = [await open(leaving), await open(idle)]
  t.match(left.head, /^HTTP\/1.1 101 /)
  t.equal(kept.head.match(/^set-cookie: /gim)?.length, 2, 'a handshake is use')
  await signOut(front, leaving)
  t.ok((await left.client.closed()).endsWith(closed), 'at once')
  clock.time += 3600
  t.ok((await kept.client.closed()).endsWith(closed), 'within a second')
})
