// What a new configuration does to WebSockets that are open, or just being opened.
import t from 'tap'
import { webSocketAccept } from '../../src/core/request/websocket-accept.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { type RawClient, rawClient } from '../support/raw.ts'
import { type Connection, recordingUpstream } from '../support/upstream.ts'

const agree = ({ received }: Connection): string => {
  const accept = webSocketAccept(/sec-websocket-key: (\S+)/i.exec(received)?.[1] ?? '')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  return [...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n')
}

const first = await recordingUpstream()
const other = await recordingUpstream()
for (const app of [first, other]) {
  app.answerWith((connection) => (connection.received.endsWith('\r\n\r\n') ? agree(connection) : null))
}
const at = (app: typeof first) => `http://127.0.0.1:${app.port}`
const origin = 'https://page.example'

const yaml = (
  url: string,
  more: { readonly upstream?: string; readonly location?: string; readonly ignoreCase?: boolean } = {},
) => `
providers: { op: { issuer: "http://localhost:9", client_id: a, client_secret: b } }
apps:
  app:
    url: ${url}
    upstream: ${more.upstream ?? at(first)}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    timeouts: { response: 10m }
    ignore_case: ${more.ignoreCase ?? false}
    require: nobody_else
    locations:
      - ${more.location ?? `{ path: /ws, require: anyone, websocket: { origins: ["${origin}"] } }`}
policies: { nobody_else: { sub: nobody } }
`
const gateway = await startLiveGateway(yaml)
t.teardown(async () => {
  await gateway.close()
  await Promise.all([first.close(), other.close()])
})

const handshake = `GET /ws HTTP/1.1\r\nHost: localhost:${gateway.port}\r\nOrigin: ${origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`

async function opened(): Promise<RawClient> {
  const client = await rawClient(gateway.port, handshake)
  await client.until('\r\n\r\n')
  return client
}

const closeFrame = (code: number) => String.fromCharCode(0x88, 2, code >> 8, code & 0xff)

t.test('a WebSocket that the new rules would not open is closed, by 1008', async (t) => {
  const locations: [string, string][] = [
    ['a location without WebSockets', '{ path: /ws, require: anyone }'],
    ['other origins', '{ path: /ws, require: anyone, websocket: { origins: ["https://other.example"] } }'],
    ['the app’s own origin alone', '{ path: /ws, require: anyone, websocket: true }'],
    ['a rule', '{ path: /ws, require: signed_in, websocket: true }'],
    ['nobody', '{ path: /ws, require: nobody, websocket: true }'],
    ['no such location', '{ path: /elsewhere, require: anyone, websocket: true }'],
  ]
  for (const [name, location] of locations) {
    const client = await opened()
    await gateway.reload(yaml(gateway.url, { location }))
    t.ok((await client.closed()).endsWith(closeFrame(1008)), name)
    await gateway.reload(yaml(gateway.url))
  }
})

t.test('a WebSocket ends with the comparison of case that let it in, whichever way it goes', async (t) => {
  const capitals = `{ path: /WS, require: anyone, websocket: { origins: ["${origin}"] } }`
  await gateway.reload(yaml(gateway.url, { location: capitals, ignoreCase: true }))
  const client = await opened()
  await gateway.reload(yaml(gateway.url, { location: capitals }))
  t.ok((await client.closed()).endsWith(closeFrame(1008)), 'the app does not ignore case any more')
  const closed = `{ path: /WS, require: signed_in, websocket: true }\n      - { path: /, require: anyone, websocket: { origins: ["${origin}"] } }`
  await gateway.reload(yaml(gateway.url, { location: closed }))
  const other = await opened()
  await gateway.reload(yaml(gateway.url, { location: closed, ignoreCase: true }))
  t.ok((await other.closed()).endsWith(closeFrame(1008)), 'the app ignores case now')
  await gateway.reload(yaml(gateway.url))
})

t.test('a WebSocket whose app is elsewhere now begins anew there, by 1012', async (t) => {
  for (const upstream of [at(other), `${at(first)}/base`]) {
    const client = await opened()
    await gateway.reload(yaml(gateway.url, { upstream }))
    t.ok((await client.closed()).endsWith(closeFrame(1012)), upstream)
    await first.until(() => first.connections.every(({ closed }) => closed))
    await gateway.reload(yaml(gateway.url))
  }
})

t.test('a WebSocket stays when something else changes', async (t) => {
  const client = await opened()
  const upstream = `{ url: "${at(first)}", headers: { X-Key: new }, max_connections: 5 }`
  await gateway.reload(yaml(gateway.url, { upstream }))
  await gateway.reload(yaml(gateway.url))
  client.write('\x82\x84abcdhere')
  await first.until(() => first.received().endsWith('here'))
  first.connections.at(-1)?.socket.write('\x82\x05there', 'latin1')
  await client.until('there')
  t.notMatch(client.text(), '\x88')
  client.destroy()
})

t.test('a handshake that was let in by rules that are gone when it opens is judged again', async (t) => {
  const count = first.connections.length
  first.answerWith(() => null)
  const client = await rawClient(gateway.port, handshake)
  await first.until(() => first.connections[count]?.received.endsWith('\r\n\r\n') === true)
  await gateway.reload(yaml(gateway.url, { location: '{ path: /ws, require: anyone }' }))
  const connection = first.connections.at(-1)
  if (connection !== undefined) connection.socket.write(agree(connection))
  t.ok((await client.closed()).endsWith(closeFrame(1008)))
})
