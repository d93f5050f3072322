// A gateway in this process before apps that are down, slow, early, or break off; clients that go away at random
// moments on every kind of request. What must be true afterwards is returned, for a test of hundreds and for runs of
// thousands (`node bench/aborts.ts 5000`).
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFromDisk } from '../../src/config/files.ts'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { webSocketAccept } from '../../src/core/request/websocket-accept.ts'
import { createLog } from '../../src/http/operations/log.ts'
import { createMetrics } from '../../src/http/operations/metrics.ts'
import type { ServerContext } from '../../src/http/server/context.ts'
import { createLingeringCloses } from '../../src/http/server/lingering-close.ts'
import { openListeners } from '../../src/http/server/listeners.ts'
import { openOwnFront } from '../../src/http/server/own-front.ts'
import { createRequestIds } from '../../src/http/server/request-ids.ts'
import { createEditions } from '../../src/runtime/editions.ts'
import { openRuntime } from '../../src/runtime/open.ts'
import { freePort } from './ports.ts'
import { type Answerer, recordingUpstream } from './upstream.ts'

export interface FuzzOutcome {
  /** Texts of what was uncaught or unhandled, and of faults of the gateway itself. */
  readonly raised: readonly string[]
  /** Requests that still lease the edition when all clients have gone. */
  readonly leased: number
  /** Connections that the app still has. */
  readonly held: number
  /** Access lines by status. */
  readonly statuses: ReadonlyMap<unknown, number>
}

type Random = () => number

/** Mulberry32: small, seeded, even enough for this. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const paths = [
  '/up/ok',
  '/up/never',
  '/up/early',
  '/up/half',
  '/up/cut',
  '/up/head',
  '/up/reset',
  '/down/x',
  '/in/x',
]

/** What the app does, by the path that it is asked for. Each of its answers ends its connection. */
const answer: Answerer = ({ received, socket }) => {
  const path = /^\S+ (\S+)/.exec(received)?.[1] ?? ''
  const first = received.length < 70_000 && !answered.has(socket)
  if (!first) return null
  answered.add(socket)
  const over = 'Connection: close\r\n'
  switch (path) {
    case '/up/never':
    case '/ws/never':
      return null
    case '/ws/agree':
      return agreement(received)
    case '/ws/late':
      setTimeout(() => socket.writable && socket.write(agreement(received)), 5)
      return null
    case '/up/early':
      setImmediate(() => socket.destroySoon())
      return `HTTP/1.1 413 No\r\n${over}Content-Length: 2\r\n\r\nno`
    case '/up/half':
      return `HTTP/1.1 200 OK\r\n${over}Content-Length: 100000\r\n\r\n${'x'.repeat(20_000)}`
    case '/up/cut':
      setImmediate(() => socket.destroy())
      return `HTTP/1.1 200 OK\r\n${over}Content-Length: 100000\r\n\r\n${'x'.repeat(20_000)}`
    case '/up/head':
      setImmediate(() => socket.destroy())
      return `HTTP/1.1 200 OK\r\n${over}Content-Length: 100000\r\n\r\n`
    case '/up/reset':
    case '/ws/reset':
      socket.resetAndDestroy()
      return null
    default:
      setImmediate(() => socket.end())
      return `HTTP/1.1 200 OK\r\n${over}Content-Length: 2\r\n\r\nok`
  }
}

const answered = new WeakSet<object>()

/** What the clients ask for. */
export type Road = 'requests' | 'handshakes'

export async function fuzzAborts(count: number, seed: number, road: Road = 'requests'): Promise<FuzzOutcome> {
  const raised: string[] = []
  const raise = (thrown: unknown): void => {
    raised.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
  }
  process.on('uncaughtException', raise)
  process.on('unhandledRejection', raise)
  const upstream = await recordingUpstream({ answer })
  const gateway = await openGateway(upstream.port, raised)
  const random = randomFrom(seed)
  try {
    for (let left = count; left > 0; left -= 20) {
      const clients = Array.from({ length: Math.min(20, left) }, () => abort(gateway.port, road, random))
      await Promise.all(clients)
    }
    await upstream.until(() => upstream.connections.every(({ closed }) => closed))
    await gateway.drained()
    return {
      raised,
      leased: gateway.leased(),
      held: upstream.connections.filter(({ closed }) => !closed).length,
      statuses: gateway.statuses,
    }
  } finally {
    await gateway.close()
    await upstream.close()
    process.off('uncaughtException', raise)
    process.off('unhandledRejection', raise)
  }
}

/** One request, and the end of its client at a random moment; or none, and the client reads to the end. */
async function abort(port: number, road: Road, random: Random): Promise<void> {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  const socket = connect(port, '127.0.0.1')
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {}).resume()
  const pieces =
    road === 'handshakes'
      ? handshakePieces(pick(webSocketPaths), random)
      : requestPieces(pick(paths), pick(['none', 'length', 'chunked', 'expect'] as const), random)
  const stopAfter = random() < 0.85 ? Math.floor(random() * (pieces.length + 1)) : pieces.length
  for (const piece of pieces.slice(0, stopAfter)) {
    if (socket.destroyed) break
    socket.write(piece, 'latin1')
    await turns(Math.floor(random() * 6))
  }
  await turns(Math.floor(random() * 10))
  switch (pick(['destroy', 'reset', 'end'] as const)) {
    case 'destroy':
      socket.destroy()
      break
    case 'reset':
      socket.resetAndDestroy()
      break
    case 'end':
      socket.end()
      await turns(20)
      socket.destroy()
  }
  await over
}

const webSocketPaths = ['/ws/never', '/ws/agree', '/ws/late', '/ws/ok', '/ws/reset', '/down/x', '/in/x']

/** A handshake, perhaps with a frame behind it that did not wait for the answer. */
function handshakePieces(path: string, random: Random): string[] {
  const lines = ['Host: localhost', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  const frames = Array.from({ length: Math.floor(random() * 3) }, () => '\x82\x84abcdwxyz')
  return [`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n`, `${key}\r\n\r\n`, ...frames]
}

function agreement(received: string): string {
  const key = /sec-websocket-key: (\S+)/i.exec(received)?.[1] ?? ''
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  return [...lines, `Sec-WebSocket-Accept: ${webSocketAccept(key)}`, '', ''].join('\r\n')
}

function requestPieces(
  path: string,
  body: 'none' | 'length' | 'chunked' | 'expect',
  random: Random,
): string[] {
  const head = `${body === 'none' ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: localhost\r\n`
  const chunks = Array.from({ length: 6 }, () => 'y'.repeat(Math.floor(random() * 30_000) + 1))
  const length = `Content-Length: ${chunks.join('').length}\r\n`
  switch (body) {
    case 'none':
      return random() < 0.3 ? [`${head}\r\n${head}\r\n`] : [head, '\r\n']
    case 'length':
      return [`${head}${length}\r\n`, ...chunks]
    case 'expect':
      return [`${head}${length}Expect: 100-continue\r\n\r\n`, ...chunks]
    case 'chunked':
      return [
        `${head}Transfer-Encoding: chunked\r\n\r\n`,
        ...chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`),
        '0\r\n\r\n',
      ]
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** As `startGateway` puts it together, with the editions at hand. */
async function openGateway(upstreamPort: number, raised: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-fuzz-'))
  const [port, nobody] = [await freePort(), await freePort()]
  const app = (name: string, at: number, rule: string) =>
    `  ${name}: { url: "http://localhost/${name}", upstream: "http://127.0.0.1:${at}", require: ${rule} }`
  const text = `
listen: "127.0.0.1:${port}"
admin: false
data: ${JSON.stringify(folder)}
session: { store: memory, secret: a-session-secret-of-thirty-two-bytes-or-more }
providers: { op: { issuer: "http://localhost:${nobody}", client_id: fuzz, client_secret: fuzz } }
defaults: { shared_secret: a-shared-secret-of-thirty-two-bytes-and-more }
apps:
${app('up', upstreamPort, 'anyone')}
${app('ws', upstreamPort, 'anyone').replace(' }', ', websocket: true }')}
${app('down', nobody, 'anyone')}
${app('in', upstreamPort, 'signed_in')}
`
  const loaded = loadGatewayFromText(text, { file: 'fuzz.yaml', folder, env: {}, readFile: readFromDisk })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const statuses = new Map<unknown, number>()
  const runtime = openRuntime(loaded.gateway, { env: {}, onStoreFault: () => {}, onProviderEvent: () => {} })
  const write = (line: string): void => {
    const { event, status } = JSON.parse(line)
    if (event === 'internal.failed') raised.push(line)
    if (event === 'request') statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  const log = createLog(loaded.gateway.log, runtime.logKey, { write })
  const editions = createEditions(runtime, (thrown) => raised.push(String(thrown)))
  const serverContext: ServerContext = {
    editions,
    log,
    metrics: createMetrics(),
    lingering: createLingeringCloses(),
    requestIds: createRequestIds(runtime.random),
  }
  const listeners = openListeners(serverContext, await openOwnFront(serverContext))
  await listeners.listen(loaded.gateway)
  const leased = (): number => {
    const edition = editions.enter()
    editions.leave(edition)
    return edition.inUse
  }
  return {
    port,
    statuses,
    leased,
    /** Until nobody leases the edition, or so many turns have passed that nobody will leave it. */
    drained: async () => {
      for (let i = 0; i < 2000 && leased() > 0; i++) await turns(1)
    },
    /** Ends only when no connection of a client is left. */
    close: async () => {
      await listeners.close(100_000)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
