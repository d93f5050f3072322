import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { ClientNetwork } from '../../../src/core/limits/network.ts'
import { type AddressRange, readAddressRange } from '../../../src/core/request/address.ts'
import { connectionBound } from '../../../src/http/server/network-connections.ts'
import { startTestGateway } from '../../support/gateway.ts'
import { freePort } from '../../support/ports.ts'
import { type RawClient, rawClient } from '../../support/raw.ts'
import { createAuthority } from '../../support/tls.ts'
import { poll } from '../../support/waiting.ts'

// From here every peer is of the loopback, which is private: limits count a hundredfold.
const hundred = 100
const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

const loopback: readonly AddressRange[] = ['127.0.0.0/8'].flatMap((text) => {
  const reading = readAddressRange(text)
  return reading.ok ? [reading.range] : []
})

async function listening(t: Test, server: Server): Promise<number> {
  t.teardown(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function many(t: Test, port: number, count: number): Promise<readonly RawClient[]> {
  const clients: RawClient[] = []
  t.teardown(() => {
    for (const { socket } of clients) socket.destroy()
  })
  for (let i = 0; i < count; i++) clients.push(await rawClient(port))
  return clients
}

/** What one more connection hears until it is over; a reset may come before it knows that it is connected. */
function oneMore(port: number, bytes = ''): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const pieces: Buffer[] = []
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('data', (piece) => pieces.push(piece))
  socket.on('close', () => resolve(Buffer.concat(pieces).toString('latin1')))
  if (bytes !== '') socket.write(bytes)
  return promise
}

t.test('one connection more than a network may have is reset, and the others go on', async (t) => {
  const refused: ClientNetwork[] = []
  const server = http.createServer((_, response) => response.end('served'))
  const sockets: Socket[] = []
  server.on('connection', (socket) => sockets.push(socket))
  connectionBound({ most: 1, trusted: () => [], onRefused: (network) => refused.push(network) })(server)
  const port = await listening(t, server)
  const clients = await many(t, port, hundred)
  t.same(refused, [])
  t.equal(await oneMore(port, get), '', 'it is told nothing')
  t.same(refused, [{ key: '127.0.0.1', hidden: true }])
  const [first] = clients
  const [accepted] = sockets
  const gone = accepted === undefined ? [] : once(accepted, 'close')
  first?.write(get)
  t.match(await first?.closed(), /served$/)
  await gone
  t.match(await oneMore(port, get), /served$/, 'there is room again')
})

t.test('connections to several servers count together', async (t) => {
  let refused = 0
  const bound = connectionBound({ most: 1, trusted: () => [], onRefused: () => refused++ })
  const servers = [http.createServer(), http.createServer()]
  for (const server of servers) bound(server)
  const [one = 0, other = 0] = await Promise.all(servers.map((server) => listening(t, server)))
  await many(t, one, hundred / 2)
  await many(t, other, hundred / 2)
  t.equal(refused, 0)
  await oneMore(other)
  await oneMore(one)
  t.equal(refused, 2)
})

t.test('a trusted proxy has no such bound, and who is trusted is asked anew each time', async (t) => {
  let trusted = loopback
  let refused = 0
  const server = http.createServer()
  let accepted = 0
  server.on('connection', () => accepted++)
  connectionBound({ most: 1, trusted: () => trusted, onRefused: () => refused++ })(server)
  const port = await listening(t, server)
  await many(t, port, hundred + 1)
  // A client is connected before the server has seen it.
  await poll(
    'the server to have them',
    () => accepted,
    (count) => count === hundred + 1,
  )
  t.equal(refused, 0)
  trusted = []
  await many(t, port, hundred)
  t.equal(refused, 0, 'what a proxy has does not count later')
  await oneMore(port)
  t.equal(refused, 1)
})

t.test('no TLS is begun with a connection that is refused', async (t) => {
  const { key, cert } = createAuthority().issue({ names: ['DNS:localhost'] })
  let refused = 0
  let handshakes = 0
  const server = https.createServer({ key, cert })
  server.on('tlsClientError', () => handshakes++)
  connectionBound({ most: 1, trusted: () => [], onRefused: () => refused++ })(server)
  const port = await listening(t, server)
  const clients = await many(t, port, hundred)
  t.equal(await oneMore(port, 'no TLS'), '')
  t.same({ refused, handshakes }, { refused: 1, handshakes: 0 })
  clients[0]?.write('no TLS')
  await clients[0]?.closed()
  t.equal(handshakes, 1, 'while one that is not begins it')
})

t.test('the gateway counts the connections that it refuses, and says so once a minute', async (t) => {
  let nowMs = 1_000_000
  const adminPort = await freePort()
  const gateway = await startTestGateway({
    connectionsOfNetwork: 1,
    adminPort,
    clock: { now: () => 1_950_000_000, monotonicMs: () => nowMs },
    yaml: ({ url }) => `
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: c, client_secret: s }
apps:
  wiki: { url: "${url}", upstream: "http://127.0.0.1:9", shared_secret: a-secret-of-thirty-two-bytes-or-more, require: signed_in }
`,
  })
  t.teardown(() => gateway.close())
  const said = () => gateway.log.filter(({ event }) => event === 'connections.refused')
  await many(t, gateway.port, hundred)
  for (let i = 0; i < 3; i++) await oneMore(gateway.port)
  t.match(said(), [{ level: 40, network: '127.0.0.1', count: 1 }])
  nowMs += 60_000
  await oneMore(gateway.port)
  t.match(said(), [{ count: 1 }, { count: 3 }])
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  t.match(metrics, /^claimgate_connections_refused_total 4$/m)
})
