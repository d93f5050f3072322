import { connect, type Socket } from 'node:net'
import t from 'tap'
import { startTestGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import { rawClient, statusOf } from '../support/raw.ts'
import { recordingUpstream } from '../support/upstream.ts'

const upstream = await recordingUpstream()
const nobody = await freePort()
const gateway = await startTestGateway({
  yaml: ({ url }) => `
providers: { op: { issuer: "http://localhost:${nobody}", client_id: a, client_secret: b } }
defaults: { shared_secret: a-shared-secret-of-thirty-two-bytes-and-more }
apps:
  wiki:
    url: ${url}
    upstream: "http://127.0.0.1:${upstream.port}"
    require: signed_in
    locations:
      - { path: /open, require: anyone, max_body: 64KiB }
      - { path: /large, require: anyone, max_body: none }
      - { path: /nobody, require: nobody }
      - path: /slow
        require: anyone
        timeouts: { body: { grace: 1s, min_rate: 1000 } }
      - path: /idle
        require: anyone
        timeouts: { idle: 1s, body: off }
  down: { url: "${url}/down", upstream: "http://127.0.0.1:${nobody}", require: anyone }
`,
})
t.teardown(async () => {
  await gateway.close()
  await upstream.close()
})

const host = `localhost:${gateway.port}`
const MiB = 1024 * 1024

/** A client that reads nothing before it has sent all, as Python's http.client does: what it gets, or how it failed. */
function sendAll(target: string, bytes: number, framing: 'length' | 'chunked'): Promise<string> {
  const length = framing === 'length' ? `Content-Length: ${bytes}` : 'Transfer-Encoding: chunked'
  const head = `POST ${target} HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n\r\n`
  return new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1').pause()
    const pieces: Buffer[] = []
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(`failed: ${error.code}`))
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('end', () => resolve(Buffer.concat(pieces).toString('latin1')))
    socket.write(head)
    const body = Buffer.alloc(bytes, 'x')
    if (framing === 'length') socket.write(body, () => socket.resume())
    else {
      socket.write(`${bytes.toString(16)}\r\n`)
      socket.write(body)
      socket.write('\r\n0\r\n\r\n', () => socket.resume())
    }
  })
}

t.test('who sends a large body hears why it is refused', async (t) => {
  const refusals = [
    ['/x', 401],
    ['/nobody', 403],
    ['/a//b', 400],
    ['/open/x', 413],
    ['/.auth/nothing', 404],
    ['/.auth/logged-out', 405],
    ['/.auth/logout', 415],
    ['/down/x', 502],
  ] as const
  for (const [target, status] of refusals) {
    for (const bytes of [MiB, 8 * MiB]) {
      const answer = await sendAll(target, bytes, 'length')
      t.equal(statusOf(answer), status, `${target}, ${bytes} bytes: ${answer.slice(0, 60)}`)
      t.match(answer, /connection: close/i)
    }
  }
  t.equal(statusOf(await sendAll('/open/x', 8 * MiB, 'chunked')), 413)
  t.notMatch(upstream.received(), '/open/x HTTP/1.1\r\ncontent-length', 'the app hears nothing of it')
})

t.test('what stands behind a body that was dropped is never served', async (t) => {
  const client = await rawClient(
    gateway.port,
    `POST /x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\n`,
  )
  await client.until('401 Unauthorized')
  client.write(`${'x'.repeat(100_000)}GET /large/behind HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  const text = await client.closed()
  t.equal(text.match(/HTTP\/1\.1/g)?.length, 1)
  t.notMatch(upstream.received(), '/large/behind')
})

/** A client that goes on sending when the gateway has closed its side. */
function persistent(bytes: string): Promise<{ readonly socket: Socket; readonly answer: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
    let answer = ''
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      answer += piece.toString('latin1')
    })
    socket.on('end', () => resolve({ socket, answer }))
    socket.on('close', () => reject(new Error(`closed before the end: ${answer}`)))
    socket.write(bytes)
  })
}

t.test('beyond the limit a body is not read any more', async (t) => {
  const { socket, answer } = await persistent(
    `POST /x HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  )
  t.equal(statusOf(answer), 401)
  const piece = `100000\r\n${'x'.repeat(MiB)}\r\n`
  let sent = 0
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    const more = (): void => {
      sent += 1
      if (sent < 200) socket.write(piece, (error) => (error ? undefined : more()))
    }
    more()
  })
  t.ok(sent >= 32 && sent < 100, `it was closed after ${sent} MiB`)
})

t.test('at most 32 of a network are listened to at once', async (t) => {
  // No proxy is trusted: the network is the address of the peer.
  const half = `POST /x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\npart`
  const rest = 'x'.repeat(96)
  const clients = await Promise.all(Array.from({ length: 32 }, () => persistent(half)))
  for (const { answer } of clients) t.equal(statusOf(answer), 401)
  /** Whether the gateway reads to the end: else a reset is the answer, and the close has an error. */
  const listens = ({ socket }: { readonly socket: Socket }): Promise<boolean> =>
    new Promise((resolve) => {
      socket.on('close', (failed) => resolve(!failed))
      socket.write(rest, () => socket.end())
    })
  const beyond = await persistent(half)
  t.equal(statusOf(beyond.answer), 401, 'one more is answered')
  const reset = new Promise<boolean>((resolve) => beyond.socket.on('close', resolve))
  const poke = setInterval(() => beyond.socket.write('x'), 10)
  t.equal(await reset, true, 'and not listened to')
  clearInterval(poke)
  t.same(await Promise.all(clients.map(listens)), Array(32).fill(true))
  t.equal(await listens(await persistent(half)), true, 'when they are done there is room')
})

t.test('an answer of the app before the end of the body reaches the client', async (t) => {
  const answered = new WeakSet<object>()
  upstream.answerWith(({ received, socket }) => {
    if (answered.has(socket) || !received.includes('/large/early')) return null
    answered.add(socket)
    return 'HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge'
  })
  const answer = await sendAll('/large/early', 8 * MiB, 'length')
  t.equal(statusOf(answer), 413, answer.slice(0, 60))
  t.match(answer, /large$/)
  t.match(await gateway.logged((line) => line.path === '/large/early'), { status: 413 })
  await upstream.until(() => upstream.connections.every(({ closed, received }) => closed || received === ''))
})

t.test('an answer of the app reaches the client though the app closed with bytes unread', async (t) => {
  // TCP resets such a connection: what the gateway writes meanwhile fails, often before it has read the answer.
  const answered = new WeakSet<object>()
  upstream.answerWith(({ socket }) => {
    if (!answered.has(socket)) {
      answered.add(socket)
      socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge', () =>
        socket.resetAndDestroy(),
      )
      socket.pause()
    }
    return null
  })
  for (let i = 0; i < 20; i++) {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => sendAll('/large/closed', 4 * MiB, i % 2 ? 'length' : 'chunked')),
    )
    t.same(answers.map(statusOf), [413, 413, 413, 413])
    for (const answer of answers) t.match(answer, /large$/)
  }
})

t.test('a body that drips is 408, at the app and at our own forms', async (t) => {
  upstream.answerWith(() => null)
  const head = (target: string) =>
    `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n`
  const client = await rawClient(gateway.port, head('/slow/x'))
  const drip = setInterval(() => client.socket.destroyed || client.write('x'), 100)
  t.teardown(() => clearInterval(drip))
  t.equal(statusOf(await client.until(/\r\n\r\n/)), 408)
  client.destroy()
  await upstream.until(() => upstream.connections.every(({ closed, received }) => closed || received === ''))
  const stalled = await rawClient(gateway.port, `${head('/idle/x')}part`)
  t.equal(statusOf(await stalled.until(/\r\n\r\n/)), 408, 'with `off` it may still not stand still')
  stalled.destroy()
})

t.test('a body at the least rate comes through, however long it takes', async (t) => {
  upstream.answerWith(({ received }) =>
    received.endsWith('end') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : null,
  )
  const head = `POST /slow/y HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 8003\r\n\r\n`
  const client = await rawClient(gateway.port, head)
  // Twice the least rate, for longer than the grace.
  for (let i = 0; i < 8; i++) {
    client.write('x'.repeat(1000))
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  client.write('end')
  t.equal(statusOf(await client.until(/ok$/)), 200)
  client.destroy()
})
