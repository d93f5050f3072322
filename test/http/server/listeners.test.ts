// What listens, and how it ends: what is under way gets its time, and then nothing is left.
import { EventEmitter } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import { openListeners } from '../../../src/http/server/listeners.ts'
import { followConnections, openOwnFront } from '../../../src/http/server/own-front.ts'
import { renewRuntime } from '../../../src/runtime/open.ts'
import { timersThatHold } from '../../support/clock.ts'
import { openHeldContext } from '../../support/held-app.ts'
import { exchange, rawClient, statusOf } from '../../support/raw.ts'
import { orRejected } from '../../support/thrown.ts'
import { createAuthority } from '../../support/tls.ts'
import { outcomeOf, poll } from '../../support/waiting.ts'

async function open(
  t: Test,
  { listen = '"127.0.0.1:0"', admin = '"127.0.0.1:0"', more = '', url = 'http://wiki.localhost' } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-listeners-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const held = openHeldContext(
    t,
    `
listen: ${listen.replace('FOLDER', folder)}
${more}
admin: ${admin}
data: ${JSON.stringify(folder)}
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: "${url}", upstream: http://10.9.9.9, require: anyone } }
`,
  )
  const closed: string[] = []
  const close = held.editions.close
  held.editions.close = async () => {
    closed.push('editions')
    await close()
  }
  const listeners = openListeners(held.serverContext, await openOwnFront(held.serverContext))
  t.teardown(() => outcomeOf(listeners.close(0)))
  return { ...held, folder, listeners, closed }
}

const page = 'GET / HTTP/1.1\r\nHost: wiki.localhost\r\n\r\n'
const health = 'GET /.auth/health HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\r\n'
const asked = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`

/** What a server of this machine says to it, at a port or at a socket. */
function exchangeAt(place: number | string, bytes: string): Promise<string> {
  if (typeof place === 'number') return exchange(place, bytes)
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    const socket = connect(place, () => socket.write(bytes))
    socket.on('data', (piece) => pieces.push(piece))
    socket.once('error', reject)
    socket.once('close', () => resolve(Buffer.concat(pieces).toString('latin1')))
  })
}

/** Why nobody can be reached there; null: somebody can. */
function refusal(place: { readonly port: number; readonly host: string } | string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = typeof place === 'string' ? connect(place) : connect(place)
    socket.once('connect', () => resolve(null))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    socket.once('connect', () => socket.destroy())
  })
}

const at = (port: number) => ({ port, host: '127.0.0.1' })

t.test('it listens at every place of the list, and each serves every app', async (t) => {
  const { gateway, listeners, folder } = await open(t, {
    listen: '["127.0.0.1:0", { address: "unix:FOLDER/gate.sock", mode: "0600" }, "127.0.0.1:0"]',
  })
  t.same(listeners.ports(gateway).ports, [0, 0, 0], 'what the file says, before')
  await listeners.listen(gateway)
  const { ports } = listeners.ports(gateway)
  const [first = 0, unix, third = 0] = ports
  t.ok(first > 0 && third > 0 && first !== third)
  t.equal(unix, 0)
  t.equal(statSync(join(folder, 'gate.sock')).mode & 0o777, 0o600)
  for (const place of [first, join(folder, 'gate.sock'), third]) {
    t.equal(statusOf(await exchangeAt(place, health)), 200, `${place}`)
    t.equal(
      statusOf(await exchangeAt(place, health.replace('wiki.localhost', 'x').replace('/.auth/health', '/'))),
      421,
      'an unknown host',
    )
  }
  t.equal(await refusal(join(folder, 'health-0.sock')), null)
  t.equal(await outcomeOf(listeners.close(0)), undefined)
  for (const port of [first, third]) t.equal(await refusal(at(port)), 'ECONNREFUSED')
  t.notOk(existsSync(join(folder, 'gate.sock')))
})

t.test('where one of several places is taken none is listened on', async (t) => {
  const { gateway, listeners, folder } = await open(t, {
    listen: '["127.0.0.1:0", "unix:FOLDER/gate.sock", "192.0.2.1:0"]',
  })
  t.match(await orRejected(() => listeners.listen(gateway)), { code: 'EADDRNOTAVAIL' })
  const { ports } = listeners.ports(gateway)
  await listeners.close(0)
  t.equal(await refusal(at(ports[0] ?? 0)), 'ECONNREFUSED')
  t.notOk(existsSync(join(folder, 'gate.sock')))
})

t.test('while it stops, what is under way at any place ends', async (t) => {
  const { gateway, listeners, sent } = await open(t, { listen: '["127.0.0.1:0", "127.0.0.1:0"]' })
  await listeners.listen(gateway)
  const client = await rawClient(listeners.ports(gateway).ports[1] ?? 0, page)
  const held = () => sent.length
  await poll('the request at the upstream', held, (count) => count === 1)
  const closing = listeners.close(3_600_000)
  sent[0]?.sink.head({ statusCode: 204, reasonPhrase: null, headers: [] })
  sent[0]?.sink.end()
  t.equal(await outcomeOf(closing), undefined)
  t.match(await client.closed(), /^HTTP\/1\.1 204 /)
})

t.test('whoever comes by the socket of several places is believed, and nobody else', async (t) => {
  const { gateway, listeners, folder, sent } = await open(t, {
    listen: '["127.0.0.1:0", "unix:FOLDER/gate.sock"]',
    more: 'trusted_proxies: [unix]',
    url: 'https://wiki.localhost',
  })
  await listeners.listen(gateway)
  const insecure = page.replace('\r\n\r\n', '\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n')
  t.equal(statusOf(await exchangeAt(join(folder, 'gate.sock'), insecure)), 302, 'sent to https')
  const client = await rawClient(listeners.ports(gateway).ports[0] ?? 0, insecure)
  t.teardown(() => client.socket.destroy())
  const held = () => sent.length
  await poll('the request at the upstream', held, (count) => count === 1)
})

t.test('it listens where the file says, and tells the ports that it got', async (t) => {
  const { gateway, listeners, folder } = await open(t)
  t.same(listeners.ports(gateway), { ports: [0], adminPort: 0 }, 'what the file says, before')
  await listeners.listen(gateway)
  const {
    ports: [port = 0],
    adminPort,
  } = listeners.ports(gateway)
  t.ok(port > 0 && adminPort !== null && adminPort > 0 && port !== adminPort)
  t.equal(statusOf(await exchange(port, health)), 200)
  t.match(await exchange(adminPort ?? 0, asked('/readyz')), /"ready":true/)
  t.equal(await refusal(join(folder, 'health-0.sock')), null)
})

t.test('the admin address speaks TLS with the certificates of the edition in force', async (t) => {
  const authority = createAuthority()
  const [first, next] = ['first.test', 'next.test'].map((name) => authority.issue({ names: [`DNS:${name}`] }))
  if (first === undefined || next === undefined) throw new Error('no certificates')
  const pem = ({ cert, key }: typeof first) =>
    `{ certificate: ${JSON.stringify(cert)}, key: ${JSON.stringify(key)} }`
  const { gateway, listeners, editions } = await open(t, {
    admin: `{ address: "127.0.0.1:0", tls: [${pem(first)}] }`,
  })
  await listeners.listen(gateway)
  const { adminPort } = listeners.ports(gateway)
  const shown = () =>
    new Promise<string | undefined>((resolve, reject) => {
      const socket = connectTls({
        ...at(adminPort ?? 0),
        ca: authority.certificate,
        checkServerIdentity: () => undefined,
      })
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().subjectaltname)
        socket.destroy()
      })
    })
  t.equal(await shown(), 'DNS:first.test')
  t.match(
    await outcomeOf(exchange(adminPort ?? 0, asked('/livez'))),
    /^(?!HTTP\/1.1 200)/,
    'and nothing else',
  )
  const { admin } = gateway
  const renewed = {
    ...gateway,
    admin: admin && { ...admin, tls: [{ certificate: next.cert, key: new Secret(next.key) }] },
  }
  editions.swap(
    renewRuntime(editions.current(), renewed, { env: {}, onProviderEvent: () => {}, onStoreFault: () => {} }),
  )
  t.equal(await shown(), 'DNS:next.test')
})

t.test('without an admin address there is none', async (t) => {
  const { gateway, listeners } = await open(t, { admin: 'false' })
  await listeners.listen(gateway)
  t.equal(listeners.ports(gateway).adminPort, null)
})

t.test('a Unix socket is removed as soon as it stops', async (t) => {
  const { gateway, listeners, folder, sent } = await open(t, { listen: '"unix:FOLDER/gate.sock"' })
  await listeners.listen(gateway)
  const place = join(folder, 'gate.sock')
  t.equal(await refusal(place), null)
  const client = connect(place)
  client.on('error', () => {}).write(page)
  await poll(
    'the request at the upstream',
    () => sent.length,
    (count) => count === 1,
  )
  const closing = listeners.close(60_000)
  t.notOk(existsSync(place), 'before what is under way has ended')
  sent[0]?.sink.head({ statusCode: 204, reasonPhrase: null, headers: [] })
  sent[0]?.sink.end()
  t.equal(await outcomeOf(closing), undefined)
})

t.test('while it stops, what is under way ends, is said to drain, and nobody else comes in', async (t) => {
  const { gateway, listeners, folder, sent, closed } = await open(t)
  const timers = timersThatHold()
  await listeners.listen(gateway)
  const {
    ports: [port = 0],
    adminPort,
  } = listeners.ports(gateway)
  const client = await rawClient(port, page)
  await poll(
    'the request at the upstream',
    () => sent.length,
    (count) => count === 1,
  )
  const silent = await rawClient(port)
  let over = false
  const closing = listeners.close(3_600_000).then(() => {
    over = true
  })
  const isDraining = async () => t.match(await exchange(adminPort ?? 0, asked('/readyz')), /"draining":true/)
  await isDraining()
  await poll(
    'the end of the listening',
    () => refusal(at(port)),
    (why) => why === 'ECONNREFUSED',
  )
  await orRejected(() => silent.closed())
  t.notOk(over)
  client.write(health.replace('Connection: close\r\n', ''))
  // By then it was read: an idle connection is swept away before what is still on its way.
  await isDraining()
  t.same(closed, [])
  sent[0]?.sink.head({ statusCode: 200, reasonPhrase: null, headers: ['Content-Length', '2'] })
  sent[0]?.sink.data(Buffer.from('ok'))
  sent[0]?.sink.end()
  t.equal(await outcomeOf(closing), undefined, 'the client kept its connection, and it was swept away')
  await client.closed()
  t.match(client.text(), /\r\n\r\nokHTTP\/1\.1 200 [\s\S]*\r\n\r\nok\n$/, 'both answers')
  t.same(closed, ['editions'])
  t.equal(await refusal(at(adminPort ?? 0)), 'ECONNREFUSED')
  t.notOk(existsSync(join(folder, 'health-0.sock')))
  t.equal(timersThatHold(), timers)
})

t.test('a connection that its client would keep is swept away with its last answer', async (t) => {
  const { gateway, listeners, sent } = await open(t)
  await listeners.listen(gateway)
  const client = await rawClient(listeners.ports(gateway).ports[0] ?? 0, page)
  await poll(
    'the request at the upstream',
    () => sent.length,
    (count) => count === 1,
  )
  const closing = listeners.close(3_600_000)
  sent[0]?.sink.head({ statusCode: 204, reasonPhrase: null, headers: [] })
  sent[0]?.sink.end()
  t.equal(await outcomeOf(closing), undefined)
  t.match(await client.closed(), /\r\nConnection: keep-alive\r\n/)
})

t.test('what is not done in its time is cut', async (t) => {
  const { gateway, listeners, sent, closed } = await open(t)
  await listeners.listen(gateway)
  const client = await rawClient(listeners.ports(gateway).ports[0] ?? 0, page)
  await poll(
    'the request at the upstream',
    () => sent.length,
    (count) => count === 1,
  )
  t.equal(await outcomeOf(listeners.close(0)), undefined)
  t.equal(await outcomeOf(client.closed()), '')
  t.same(closed, ['editions'])
})

t.test('new rules are told to all that is open', async (t) => {
  const { editions } = await open(t)
  t.same(editions.subscribers(), [
    'renewals',
    'sessions',
    'keys',
    'certificates',
    'admin',
    'webSockets',
    'eventStreams',
  ])
})

t.test('each connection is followed until it has closed, whatever it became', async (t) => {
  const server = new EventEmitter()
  const open = new Set<Socket>()
  followConnections(server as unknown as Server, open)
  const [one, other] = [new EventEmitter(), new EventEmitter()]
  t.equal(open.size, 0)
  server.emit('connection', one)
  server.emit('connection', other)
  t.same([...open], [one, other])
  one.emit('close')
  t.same([...open], [other])
  t.equal(one.listenerCount('close'), 0)
})
