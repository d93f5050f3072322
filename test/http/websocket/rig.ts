// What the tests of WebSockets share: a gateway before an app that a test answers for, and clients in bytes.
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Clock } from '../../../src/core/ports.ts'
import { webSocketAccept } from '../../../src/core/request/websocket-accept.ts'
import { startTestGateway, type TestGateway } from '../../support/gateway.ts'
import { type Minted, mintSession } from '../../support/mint.ts'
import { freePort } from '../../support/ports.ts'
import { exchange, type RawClient, rawClient } from '../../support/raw.ts'
import { type Answerer, type RecordingUpstream, recordingUpstream } from '../../support/upstream.ts'

export const sharedSecret = 'a-shared-secret-of-thirty-two-bytes-and-more'
export const key = 'dGhlIHNhbXBsZSBub25jZQ=='
export const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

export interface Front {
  readonly upstream: RecordingUpstream
  readonly gateway: TestGateway
  readonly alice: Minted
  readonly host: string
  readonly origin: string
}

/** Says 101 with the right proof, and whatever is added. */
export function accepting(more = ''): Answerer {
  return (connection) => {
    if (connection.received.match(/\r\n\r\n/) === null || connection.received.includes('switched'))
      return null
    const sent = /sec-websocket-key: (\S+)/i.exec(connection.received)?.[1] ?? ''
    const proof = webSocketAccept(sent)
    connection.received += 'switched'
    return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${proof}\r\n${more}\r\n`
  }
}

export async function startFront(
  test: { teardown(fn: () => Promise<void>): void },
  answer = accepting(),
  more: { readonly clock?: Clock; readonly response?: string } = {},
): Promise<Front> {
  const upstream = await recordingUpstream({ answer })
  const port = await freePort()
  const yaml = () => `
providers:
  op: { issuer: "http://localhost:9", client_id: a, client_secret: b }
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
apps:
  wiki:
    url: http://localhost:${port}
    upstream: http://127.0.0.1:${upstream.port}
    shared_secret: ${sharedSecret}
    timeouts: { response: ${more.response ?? '1m'} }
    require: signed_in
    locations:
      - { path: /ws, require: signed_in, websocket: true }
      - { path: /admin/ws, require: { groups: admins }, websocket: true }
      - { path: /open/ws, require: anyone, websocket: { origins: ["https://other.example"] } }
`
  const gateway = await startTestGateway({
    yaml,
    port,
    ...(more.clock === undefined ? {} : { clock: more.clock }),
  })
  const text = `listen: "127.0.0.1:${port}"\nadmin: false\ndata: ${JSON.stringify(gateway.folder)}\n${yaml()}`
  const loaded = loadGatewayFromText(text, {
    file: 'x',
    folder: gateway.folder,
    env: {},
    readFile: readFromDisk,
  })
  if (!loaded.ok) throw new Error('the model cannot be read')
  const claims = { sub: 'alice', email: 'a@b.example', email_verified: true }
  const alice = await mintSession(loaded.gateway, `localhost:${port}`, { user: 'alice', claims })
  test.teardown(async () => {
    await alice.close()
    await gateway.close()
    await upstream.close()
  })
  return { upstream, gateway, alice, host: `localhost:${port}`, origin: `http://localhost:${port}` }
}

export interface Asking {
  readonly target?: string
  readonly method?: string
  readonly cookie?: string | null
  readonly origin?: string | null
  readonly upgrade?: string
  readonly version?: string
  readonly more?: string
  readonly body?: string
}

export function handshake(front: Front, asking: Asking = {}): string {
  const {
    target = '/ws',
    method = 'GET',
    upgrade = 'websocket',
    version = '13',
    more = '',
    body = '',
  } = asking
  const cookie = asking.cookie === undefined ? front.alice.cookie : asking.cookie
  const origin = asking.origin === undefined ? front.origin : asking.origin
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${front.host}`,
    `Upgrade: ${upgrade}`,
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Version: ${version}`,
    ...(cookie === null ? [] : [`Cookie: ${cookie}; theirs=1`]),
    ...(origin === null ? [] : [`Origin: ${origin}`]),
  ]
  return `${lines.join('\r\n')}\r\n${more}\r\n${body}`
}

export const ask = (front: Front, asking: Asking) => exchange(front.gateway.port, handshake(front, asking))

export async function connected(front: Front, asking: Asking = {}): Promise<RawClient> {
  const client = await rawClient(front.gateway.port, handshake(front, asking))
  await client.until('\r\n\r\n')
  return client
}
