// What somebody tried who wanted in, or wanted to disturb: each case was a hole or a nuisance once.
import { createHash } from 'node:crypto'
import t from 'tap'
import { cookieOf, fire, navigation, type Site } from '../support/attack.ts'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { sharedSecret, visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { rawClient } from '../support/raw.ts'
import { recordingUpstream } from '../support/upstream.ts'

const port = await freePort()
const url = `http://localhost:${port}`
const [own, partner, echo] = await Promise.all([startOp(), startOp(), startEcho()])
for (const op of [own, partner]) {
  op.register({
    redirectUris: [`${url}/.auth/callback/own`, `${url}/.auth/callback/partner`],
    postLogoutRedirectUris: [`${url}/.auth/logged-out`],
  })
}
const settings = (op: typeof own) =>
  `issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: "${op.clientSecret}"`
const gateway = await startTestGateway({
  port,
  yaml: () => `
trusted_proxies: none
providers:
  own: { ${settings(own)} }
  partner: { ${settings(partner)}, user_id_prefix: "partner:" }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    shared_secret: ${sharedSecret}
    provider: [own, partner]
    allow_encoded: [slash]
    require: signed_in
    locations:
      - path: /either
        require:
          any: [{ provider: own, groups: admins }, { provider: partner, client_ip: 127.0.0.1 }]
      - { path: /files, require: anyone }
      - { path: /files/mine/latest, require: maybe_signed_in }
`,
})
t.teardown(async () => {
  await gateway.close()
  await Promise.all([own.close(), partner.close(), echo.close()])
})

const site: Site = { gateway, echo }

t.test('a path with two readings is sent by the settings of the stricter one', async (t) => {
  for (const target of ['/files/mine/latest', '/files/mine%2Flatest']) {
    t.same((await fire(site, { target })).values('cache-control'), ['private'], target)
  }
  t.same((await fire(site, { target: '/files/yours%2Flatest' })).values('cache-control'), [])
})

t.test('the sign-in for a page offers every provider that could satisfy its rule from here', async (t) => {
  const challenged = await fire(site, { target: '/either', headers: navigation })
  t.same(challenged.values('location'), ['/.auth/login?return_to=%2Feither'])
  const chooser = await fire(site, { target: '/.auth/login?return_to=%2Feither', headers: navigation })
  t.equal(chooser.status, 200)
  for (const name of ['own', 'partner']) t.match(chooser.body, new RegExp(`provider(?:=|&#61;)${name}`))
})

t.test('sign-out ends every session whose cookie was sent, also where two make none', async (t) => {
  const signIn = `${url}/.auth/login?provider=own&return_to=/`
  const [alice, adam] = [new Browser(), new Browser()]
  await visitAs(alice, 'alice', signIn)
  await visitAs(adam, 'adam', signIn)
  const cookies = [cookieOf(site, alice), cookieOf(site, adam)]
  for (const cookie of cookies) {
    t.equal((await fire(site, { target: '/', headers: [`Cookie: ${cookie}`] })).status, 200)
  }
  const headers = [`Cookie: ${cookies.join('; ')}`, `Origin: ${url}`, 'Content-Length: 0']
  t.equal((await fire(site, { method: 'POST', target: '/.auth/logout', headers })).status, 303)
  for (const cookie of cookies) {
    const answer = await fire(site, { target: '/', headers: [`Cookie: ${cookie}`] })
    t.match(answer.body, 'session-ended')
  }
})

t.test('a WebSocket that opens while the gateway stops does not keep it from stopping', async (t) => {
  const upstream = await recordingUpstream({ answer: () => null })
  t.teardown(() => upstream.close())
  const stopping = await startTestGateway({
    yaml: ({ url: its }) => `
providers:
  own: { ${settings(own)} }
apps:
  live:
    url: ${its}
    upstream: http://127.0.0.1:${upstream.port}
    shared_secret: ${sharedSecret}
    require: anyone
    websocket: true
`,
  })
  const client = await rawClient(
    stopping.port,
    [
      ...[
        'GET /live HTTP/1.1',
        `Host: localhost:${stopping.port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
      ],
      ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
    ].join('\r\n'),
  )
  await upstream.until(() => upstream.received().endsWith('\r\n\r\n'))
  const stopped = stopping.close()
  const [, key = ''] = /sec-websocket-key: (\S+)/i.exec(upstream.received()) ?? []
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const [connection] = upstream.connections
  connection?.socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  await client.closed()
  await stopped
})

t.test('a handshake behind a request that is not answered yet does not overtake it', async (t) => {
  const host = `Host: localhost:${port}`
  const handshake = [
    ...['GET /files/second HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
  ].join('\r\n')
  const client = await rawClient(port, `GET /files/first HTTP/1.1\r\n${host}\r\n\r\n${handshake}`)
  t.teardown(() => client.destroy())
  const text = await client.until('"target":"/files/second"')
  t.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  t.ok(text.indexOf('"target":"/files/first"') < text.indexOf('"target":"/files/second"'))
  t.notMatch(text, / 101 | 400 /)
})
