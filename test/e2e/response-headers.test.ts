// `response_headers`: on every answer of a location, the app's and the gateway's own.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { bytesOf, cookieLine, fire, navigation, type Shot } from '../support/attack.ts'
import { signedIn, startFront } from '../support/front.ts'
import { rawClient } from '../support/raw.ts'
import { startWebSocketApp } from '../support/websocket-app.ts'

const app = createServer((_request, response) => {
  response.setHeader('X-Frame-Options', 'ALLOW-FROM https://old.example')
  response.setHeader('X-Internal', 'node-7')
  response.setHeader('Content-Security-Policy', "default-src 'self'")
  response.setHeader('Cache-Control', 'public, max-age=60')
  response.setHeader('Set-Cookie', ['a=b', 'c=d'])
  response.end('hello')
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const sockets = await startWebSocketApp()
const front = await startFront({
  app: (port) => `
    require: signed_in
    response_headers:
      set: { Strict-Transport-Security: max-age=600, X-Frame-Options: SAMEORIGIN, Content-Security-Policy: "default-src 'none'", X-Who: Wiki }
      remove: [x-internal]
    locations:
      - { path: /admin, require: { groups: admins } }
      - { path: /post, methods: [POST], require: anyone, max_body: 10B }
      - { path: /own, require: signed_in, response_headers: { set: { X-Own: own } } }
      - { path: /open, require: anyone, response_headers: { set: { Cache-Control: "public, max-age=31536000" } } }
      - { path: /none, require: signed_in, response_headers: {} }
  answers:
    url: http://localhost:${port}/answers
    upstream: http://127.0.0.1:${(app.address() as AddressInfo).port}
    require: anyone
    response_headers: { set: { X-Frame-Options: SAMEORIGIN, Content-Security-Policy: "default-src 'none'" }, remove: [X-Internal] }
    locations:
      - { path: /answers/cached, require: anyone, response_headers: { set: { cache-control: "public, max-age=9" } } }
      - { path: /answers/mine, require: maybe_signed_in, response_headers: { set: { X-Who: mine } } }
  sockets:
    url: http://localhost:${port}/sockets
    upstream: ${sockets.url}
    require: anyone
    websocket: true
    response_headers: { set: { X-Who: sockets } }
  gone:
    url: http://localhost:${port}/gone
    upstream: http://127.0.0.1:1
    require: anyone
    response_headers: { set: { X-Who: gone, Cache-Control: "public, max-age=9" } }
`,
})
t.teardown(async () => {
  await front.close()
  await sockets.close()
  app.close()
  app.closeAllConnections()
})
const alice = cookieLine(front, await signedIn(front, 'alice'))

t.test('the app’s answers have what is set in place of what it says, and lack what is removed', async (t) => {
  const answer = await fire(front, { target: '/answers/x' })
  t.same(answer.values('x-frame-options'), ['SAMEORIGIN'])
  t.same(answer.values('content-security-policy'), ["default-src 'none'"])
  t.same(answer.values('x-internal'), [])
  t.same(answer.values('set-cookie'), ['a=b', 'c=d'], 'others stay')
  t.same(answer.values('cache-control'), ['public, max-age=60'])
  t.same((await fire(front, { target: '/answers/cached' })).values('cache-control'), ['public, max-age=9'])
  const mine = await fire(front, { target: '/answers/mine', headers: [alice] })
  t.same(mine.values('x-who'), ['mine'])
  t.same(mine.values('x-frame-options'), ['ALLOW-FROM https://old.example'], 'a location replaces them all')
  t.match(mine.values('cache-control').join(), 'private')
  const own = await fire(front, { target: '/own/x', headers: [alice] })
  t.same([own.values('x-own'), own.values('x-who')], [['own'], []])
  t.same((await fire(front, { target: '/none/x', headers: [alice] })).values('x-who'), [])
})

t.test('the gateway’s own refusals have what is set, beside what they say themselves', async (t) => {
  const shots: readonly (readonly [number, Shot])[] = [
    [302, { target: '/', headers: navigation }],
    [401, { target: '/' }],
    [403, { target: '/admin', headers: [alice, ...navigation] }],
    [405, { target: '/post' }],
    [413, { method: 'POST', target: '/post', headers: ['Content-Length: 100'], body: 'x'.repeat(100) }],
  ]
  for (const [status, shot] of shots) {
    const answer = await fire(front, shot)
    t.equal(answer.status, status)
    t.same(answer.values('strict-transport-security'), ['max-age=600'], `${status}`)
    t.same(answer.values('x-who'), ['Wiki'], `${status}`)
    t.match(answer.values('cache-control'), ['no-store'], `${status}`)
    t.equal(answer.values('cache-control').length, 1, `${status}`)
  }
  const page = await fire(front, { target: '/admin', headers: [alice, ...navigation] })
  t.match(page.values('content-security-policy').join(), "frame-ancestors 'none'", 'the page keeps its own')
  t.equal(page.values('content-security-policy').length, 1)
  t.same(page.values('x-frame-options'), ['DENY'], 'and what else it says')
  const problem = await fire(front, { target: '/' })
  t.same(problem.values('content-security-policy'), [], 'nor is one put on what is no page')
  const gone = await fire(front, { target: '/gone' })
  t.equal(gone.status, 502)
  t.same(
    [gone.values('x-who'), gone.values('cache-control')],
    [['gone'], ['no-store']],
    'no cache keeps a failure',
  )
})

t.test('WebSockets are answers too, opened or refused', async (t) => {
  const handshake = [
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  const bare = (target: string): Shot => ({
    target,
    bare: true,
    headers: [
      `Host: localhost:${front.gateway.port}`,
      'Connection: Upgrade',
      `Origin: ${front.url}`,
      ...handshake,
    ],
  })
  const refused = await fire(front, bare('/x'))
  t.equal(refused.status, 401)
  t.same([refused.values('x-who'), refused.values('strict-transport-security')], [['Wiki'], ['max-age=600']])
  const client = await rawClient(front.gateway.port, bytesOf('', bare('/sockets/x')))
  const opened = await client.until('\r\n\r\n')
  client.destroy()
  t.match(opened, /^HTTP\/1\.1 101 /)
  t.match(opened, /\r\nX-Who: sockets\r\n/)
})

t.test('the gateway’s own addresses are at no location', async (t) => {
  for (const target of ['/.auth/me', '/.auth/login', '/.auth/nope']) {
    t.same((await fire(front, { target })).values('x-who'), [], target)
  }
})
