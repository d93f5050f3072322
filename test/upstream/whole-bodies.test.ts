// A body that is given whole: one Content-Length whatever was announced, every byte, sent once, and timed by what the app
// takes of it. And the same of a signed request, which is sent again as any other is, with the same signature.
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { Secret } from '../../src/core/secret.ts'
import { portOf } from '../support/ports.ts'
import { heldTiming } from '../support/timing.ts'
import type { Answerer, Connection } from '../support/upstream.ts'
import { poll } from '../support/waiting.ts'
import { begin, opened, patient, request, send, settings, upstreamFor } from './rig.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Answers when as many bytes of body came as the head said. */
const afterBody: Answerer = ({ received }) => {
  const end = received.indexOf('\r\n\r\n')
  const length = Number(/^content-length: (\d+)\r?$/im.exec(received.slice(0, end))?.[1] ?? 0)
  return end !== -1 && received.length - end - 4 >= length ? ok : null
}

const sizes = [0, 1, 1000, limits.upstreamPieceBytes, limits.upstreamPieceBytes + 1, 1_000_000]

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'PROPFIND']) {
  t.test(`${method}: the bytes as they are, behind one length`, async (t) => {
    const upstreams = opened(t)
    for (const size of sizes)
      for (const announced of [[], ['content-length', String(size)], ['CONTENT-LENGTH', String(size)]]) {
        const upstream = await upstreamFor(t, { answer: afterBody })
        const body = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255))
        const headers = ['Host', 'app', ...announced, 'X-Last', 'one']
        const what = request(settings(upstream.port), { method, body, headers })
        t.match(await send(upstreams, what), { statusCode: 200, code: null }, `${size}`)
        const [head = '', sent = ''] = upstream.received().split(/\r\n\r\n([\s\S]*)/)
        t.ok(Buffer.from(sent, 'latin1').equals(body), `${size}: ${sent.length} bytes`)
        const lengths = head.match(/^content-length: .*$/gim) ?? []
        const hasNone = size === 0 && ['GET', 'DELETE'].includes(method)
        t.same(lengths, hasNone ? [] : [`content-length: ${size}`], `${size}`)
        t.notMatch(head, /transfer-encoding/i)
      }
  })
}

/** Answers, but for what asks for `/asked` over the first connection: that is closed without a word. */
function closingTheFirst() {
  let first: Connection | null = null
  return (connection: Connection) => {
    first ??= connection
    if (connection !== first || !connection.received.includes('/asked')) return ok
    connection.socket.end()
    return null
  }
}

t.test('it is sent once, also by a method that is safe', async (t) => {
  for (const method of ['GET', 'PUT']) {
    const upstream = await upstreamFor(t, { answer: closingTheFirst() })
    const upstreams = opened(t, heldTiming())
    const to = settings(upstream.port)
    await send(upstreams, request(to, { path: '/warm' }))
    const outcome = await send(upstreams, request(to, { path: '/asked', method, body: Buffer.from('x') }))
    t.match(outcome, { code: 'UPSTREAM_ABORTED' }, method)
    t.equal(upstream.received().match(/ \/asked /g)?.length, 1)
  }
})

t.test('an app that goes on reading it is waited for, one that stops is not', async (t) => {
  let connection: Socket | undefined
  let received = 0
  const app = createServer((socket) => {
    connection = socket
    socket.on('error', () => {})
    socket.pause()
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    connection?.destroy()
    await new Promise<void>((resolve) => app.close(() => resolve()))
  })
  const timing = heldTiming()
  const body = Buffer.alloc(32 * 1024 * 1024, 'x')
  const { outcome, message } = begin(
    opened(t, timing),
    request(settings(portOf(app)), {
      timeouts: { ...patient, idleSeconds: 2 },
      method: 'POST',
      body,
      headers: ['Host', 'app'],
    }),
  )
  const upTo = async (bytes: number) => {
    await new Promise<void>((resolve) => {
      const take = (piece: Buffer) => {
        received += piece.length
        if (received < bytes) return
        connection?.off('data', take).pause()
        resolve()
      }
      connection?.on('data', take).resume()
    })
    await poll('the app to be waited for', timing.waiting, (count) => count === 1)
  }
  await poll(
    'the connection',
    () => connection,
    (found) => found !== undefined,
  )
  await poll('the app to be waited for', timing.waiting, (count) => count === 1)
  // Together three times as long as it may take nothing.
  for (const mebibytes of [8, 16, 24]) {
    timing.pass(1999)
    await upTo(mebibytes * 1024 * 1024)
  }
  timing.pass(2000)
  t.match(await outcome, { statusCode: null, code: 'UPSTREAM_TIMEOUT' })
  t.match(message(), 'it took nothing of the request’s body for 2 s')
})

const aws = {
  service: 'execute-api',
  region: 'eu-west-1',
  credentials: {
    given: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
      sessionToken: null,
    },
    role: null,
    region: 'eu-west-1',
  },
} as const

t.test('a signed request that met a closed connection goes once more, byte for byte', async (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    const upstream = await upstreamFor(t, { answer: closingTheFirst() })
    const upstreams = opened(t, heldTiming())
    const to = settings(upstream.port, { aws })
    const body = Buffer.alloc(0)
    await send(upstreams, request(to, { path: '/warm' }))
    t.match(await send(upstreams, request(to, { path: '/asked', method, body })), { statusCode: 200 }, method)
    const [once, again, ...more] = upstream
      .received()
      .split(new RegExp(`(?=${method} /asked )`))
      .slice(1)
    t.match(once, /\r\nauthorization: AWS4-HMAC-SHA256 .*Signature=[0-9a-f]{64}\r\n/i)
    t.same([again, more], [once, []], method)
  }
})

t.test('a WebSocket never goes to an upstream whose requests are signed', async (t) => {
  const upstream = await upstreamFor(t)
  const asked = opened(t).upgrade(request(settings(upstream.port, { aws })), new AbortController().signal)
  await t.rejects(asked, { message: 'no WebSocket goes to an upstream whose requests are signed' })
  t.equal(upstream.connections.length, 0)
})
