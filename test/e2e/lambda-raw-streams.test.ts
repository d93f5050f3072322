// Event streams of Lambda's that are cut, damaged, slow or without an end, byte by byte over real sockets: what a client gets of
// them, and what becomes of the connection that brings them.
import http, { type IncomingMessage } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { startTestGateway } from '../support/gateway.ts'
import { portOf } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'
import { inPieces, invokeComplete, payloadChunk } from '../upstream/lambda/messages.ts'

interface Invoked {
  readonly socket: Socket
  /** The path that the event of the function names. */
  readonly path: string
}

/** What Lambda does at an invocation, by the path of the event. */
const does = new Map<string, (invoked: Invoked) => void>()
const invocations: Invoked[] = []

const lambda = createServer((socket) => {
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (piece) => {
    text += piece.toString('latin1')
    const head = text.indexOf('\r\n\r\n')
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
    if (head === -1 || text.length < head + 4 + length) return
    const { path } = JSON.parse(text.slice(head + 4))
    text = ''
    const invoked = { socket, path }
    invocations.push(invoked)
    does.get(path)?.(invoked)
  })
})
await new Promise<void>((resolve) => lambda.listen(0, '127.0.0.1', resolve))
const app = (name: string, url: string, timeouts: string) => `
  ${name}:
    url: ${url}
    require: anyone
    timeouts: { ${timeouts} }
    upstream:
      lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:wiki", streaming: true }
      aws:
        endpoint: "http://127.0.0.1:${portOf(lambda)}"
        credentials: { access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: a-secret-access-key-of-forty-characters }
`
const gateway = await startTestGateway({
  yaml: ({ url }) => `
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:${app('one', url, 'response: 3s, idle: 3s')}${app('thinks', `${url}/thinks`, 'response: 60s, idle: 1s')}${app('hurries', `${url}/hurries`, 'response: 1s, idle: 60s')}
`,
})
t.teardown(async () => {
  await gateway.close()
  for (const { socket } of invocations) socket.destroy()
  lambda.close()
})

const begin =
  'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n' +
  'x-amzn-Remapped-Content-Type: application/vnd.awslambda.http-integration-response\r\n\r\n'
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
const head = (value: object): Buffer => payloadChunk(`${JSON.stringify(value)}${'\0'.repeat(8)}`)
const ok = head({ statusCode: 200, headers: { 'Content-Type': 'text/plain' } })
const over = Buffer.from('0\r\n\r\n')

interface Got {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly isWhole: boolean
}

/** `stillMs`: the client reads nothing of the body for so long. */
function ask(path: string, method = 'GET', stillMs = 0): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = http.request(`${gateway.url}${path}`, { method, agent: false }, async (answer) => {
      const pieces: Buffer[] = []
      let isWhole = true
      if (stillMs > 0) await setTimeout(stillMs)
      try {
        for await (const piece of answer) pieces.push(piece)
      } catch {
        isWhole = false
      }
      const { statusCode: status = 0, headers } = answer
      resolve({ status, headers, body: Buffer.concat(pieces), isWhole })
    })
    asked.on('error', reject)
    asked.end()
  })
}

const socketOf = (path: string) => invocations.findLast((one) => one.path === path)?.socket

t.test('one connection serves answer after answer, each in single bytes', async (t) => {
  const bytes = Buffer.concat([ok, payloadChunk('one '), payloadChunk('two'), invokeComplete()])
  for (const path of ['/bytes/1', '/bytes/2']) {
    does.set(path, ({ socket }) => {
      socket.write(begin)
      for (const piece of inPieces(bytes, 1)) socket.write(chunk(piece))
      socket.write(over)
    })
    t.match(await ask(path), { status: 200, body: Buffer.from('one two'), isWhole: true })
  }
  t.equal(socketOf('/bytes/1'), socketOf('/bytes/2'))
})

t.test('what has no end of its own never looks complete', async (t) => {
  const some = Buffer.concat([ok, payloadChunk('some')])
  does.set(
    '/no-complete',
    ({ socket }) => void socket.write(Buffer.concat([Buffer.from(begin), chunk(some), over])),
  )
  does.set('/cut', ({ socket }) => void socket.end(Buffer.concat([Buffer.from(begin), chunk(some)])))
  does.set('/half', ({ socket }) => {
    const half = Buffer.concat([some, payloadChunk('more').subarray(0, -2)])
    socket.write(Buffer.concat([Buffer.from(begin), chunk(half), over]))
  })
  does.set('/damaged', ({ socket }) => {
    const bad = payloadChunk('bad')
    bad.writeUInt8(bad.readUInt8(20) ^ 1, 20)
    socket.write(
      Buffer.concat([Buffer.from(begin), chunk(Buffer.concat([some, bad, invokeComplete()])), over]),
    )
  })
  for (const path of ['/no-complete', '/cut', '/half', '/damaged']) {
    const got = await ask(path).catch((error: unknown) => error)
    if (got instanceof Error) t.match(got.message, /socket hang up|ECONNRESET/, path)
    else t.match(got, { isWhole: false }, path)
  }
})

t.test(
  'bytes without end behind the end: the client has its answer, and the connection is over',
  async (t) => {
    does.set('/behind', ({ socket }) => {
      socket.write(
        Buffer.concat([
          Buffer.from(begin),
          chunk(Buffer.concat([ok, payloadChunk('all'), invokeComplete()])),
        ]),
      )
      const more = (): void => {
        if (!socket.destroyed) socket.write(chunk(payloadChunk('more')), () => setImmediate(more))
      }
      setImmediate(more)
    })
    t.match(await ask('/behind'), { status: 200, body: Buffer.from('all'), isWhole: true })
    await poll(
      'the connection to end',
      () => socketOf('/behind')?.destroyed,
      (is) => is === true,
    )
  },
)

t.test('a client that stood still for a while has its answer to the end', async (t) => {
  const piece = Buffer.alloc(16_000, 'claimgate ')
  const burst = chunk(Buffer.concat(Array<Buffer>(16).fill(payloadChunk(piece))))
  const bursts = 80
  does.set('/still', async ({ socket }) => {
    socket.write(Buffer.concat([Buffer.from(begin), chunk(ok)]))
    for (let i = 0; i < bursts; i += 1) await new Promise((resolve) => socket.write(burst, resolve))
    // For longer than the client may stand still, from when it stood.
    for (let i = 0; i < 8; i += 1) {
      socket.write(chunk(payloadChunk('.')))
      await setTimeout(500)
    }
    socket.write(Buffer.concat([chunk(invokeComplete()), over]))
  })
  const got = await ask('/still', 'GET', 500)
  t.match(
    { ...got, body: got.body.length },
    { status: 200, isWhole: true, body: bursts * 16 * piece.length + 8 },
  )
})

t.test('a connection whose last bytes come late serves the next request', async (t) => {
  const bytes = Buffer.concat([ok, payloadChunk('all'), invokeComplete()])
  does.set('/late', async ({ socket }) => {
    socket.write(Buffer.concat([Buffer.from(begin), chunk(bytes)]))
    await setTimeout(100)
    socket.write(over)
  })
  // Nothing tells when the gateway has read the last bytes: it is asked until a connection has served twice.
  const served = async () => {
    t.match(await ask('/late'), { status: 200, body: Buffer.from('all'), isWhole: true })
    const sockets = invocations.filter(({ path }) => path === '/late').map(({ socket }) => socket)
    await setTimeout(200)
    return { answers: sockets.length, connections: new Set(sockets).size }
  }
  await poll('a connection to serve twice', served, ({ answers, connections }) => connections < answers)
})

t.test('an answer that is complete, and a connection that never says so', async (t) => {
  const all = Buffer.concat([ok, payloadChunk('all'), invokeComplete()])
  does.set(
    '/unended/stream',
    ({ socket }) => void socket.write(Buffer.concat([Buffer.from(begin), chunk(all)])),
  )
  does.set('/unended/whole', ({ socket }) => {
    const json = Buffer.concat([payloadChunk('{"statusCode":200,"body":"all"}'), invokeComplete()])
    socket.write(begin.replace('vnd.awslambda.http-integration-response', 'json'))
    socket.write(chunk(json))
  })
  does.set('/unended/error', ({ socket }) => {
    socket.write(Buffer.concat([Buffer.from(begin), chunk(invokeComplete({ ErrorCode: 'Unhandled' }))]))
  })
  const paths = ['/unended/stream', '/unended/whole', '/unended/error']
  t.match(await Promise.all(paths.map((path) => ask(path))), [
    { status: 200, body: Buffer.from('all'), isWhole: true },
    { status: 200, body: Buffer.from('all'), isWhole: true },
    { status: 502 },
  ])
  for (const path of paths)
    await poll(
      `the connection of ${path} to end`,
      () => socketOf(path)?.destroyed,
      (is) => is === true,
    )
})

t.test('a refusal of AWS whose words never come is told all the same', async (t) => {
  does.set('/refused', ({ socket }) => {
    socket.write(
      'HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: AccessDeniedException\r\nContent-Length: 100\r\n\r\n{"Mess',
    )
  })
  t.match(await ask('/refused'), { status: 502 })
  await poll(
    'its connection to end',
    () => socketOf('/refused')?.destroyed,
    (is) => is === true,
  )
  t.match(await gateway.logged(({ error }) => String(error).includes('AccessDeniedException')), {
    code: 'UPSTREAM_REFUSED_US',
  })
})

t.test('what never begins is 504, what never goes on is cut', async (t) => {
  does.set('/never', () => {})
  does.set('/head-never', ({ socket }) => {
    socket.write(Buffer.concat([Buffer.from(begin), chunk(payloadChunk('{'))]))
  })
  does.set('/stops', ({ socket }) => {
    socket.write(Buffer.concat([Buffer.from(begin), chunk(Buffer.concat([ok, payloadChunk('some')]))]))
  })
  const paths = ['/never', '/head-never', '/stops']
  t.match(await Promise.all(paths.map((path) => ask(path))), [
    { status: 504 },
    { status: 504 },
    { status: 200, body: Buffer.from('some'), isWhole: false },
  ])
  for (const path of paths)
    await poll(
      `the connection of ${path} to end`,
      () => socketOf(path)?.destroyed,
      (is) => is === true,
    )
})

t.test(
  'until the function has said its head it is `timeouts.response` that counts, then `idle`',
  async (t) => {
    does.set('/thinks/long', async ({ socket }) => {
      socket.write(begin)
      await setTimeout(2500)
      socket.write(chunk(ok))
      socket.write(chunk(payloadChunk('thought')))
      socket.write(Buffer.concat([chunk(invokeComplete()), over]))
    })
    does.set('/thinks/whole', async ({ socket }) => {
      socket.write(begin.replace('vnd.awslambda.http-integration-response', 'json'))
      await setTimeout(2500)
      const bytes = Buffer.concat([payloadChunk('{"statusCode":200,"body":"whole"}'), invokeComplete()])
      socket.write(Buffer.concat([chunk(bytes), over]))
    })
    does.set('/thinks/stops', ({ socket }) => {
      socket.write(Buffer.concat([Buffer.from(begin), chunk(Buffer.concat([ok, payloadChunk('some')]))]))
    })
    does.set('/hurries/drips', async ({ socket }) => {
      socket.write(begin)
      for (let at = 0; at < 100 && !socket.destroyed; at += 1) {
        socket.write(chunk(payloadChunk(' ')))
        await setTimeout(100)
      }
    })
    does.set('/hurries/slowly', async ({ socket }) => {
      socket.write(Buffer.concat([Buffer.from(begin), chunk(ok)]))
      await setTimeout(2000)
      socket.write(Buffer.concat([chunk(Buffer.concat([payloadChunk('late'), invokeComplete()])), over]))
    })
    const paths = ['/thinks/long', '/thinks/whole', '/thinks/stops', '/hurries/drips', '/hurries/slowly']
    t.match(await Promise.all(paths.map((path) => ask(path))), [
      { status: 200, body: Buffer.from('thought'), isWhole: true },
      { status: 200, body: Buffer.from('whole'), isWhole: true },
      { status: 200, body: Buffer.from('some'), isWhole: false },
      { status: 504 },
      { status: 200, body: Buffer.from('late'), isWhole: true },
    ])
    const faults = await Promise.all(
      [
        ['hurries', 'timeouts.response'],
        ['thinks', 'timeouts.idle'],
      ].map(([name, key = '']) =>
        gateway.logged(({ app: of, error }) => of === name && String(error).includes(key)),
      ),
    )
    t.match(faults, [{ code: 'UPSTREAM_TIMEOUT' }, { code: 'UPSTREAM_TIMEOUT' }])
  },
)

t.test('statuses and methods without a body, whatever the function writes', async (t) => {
  for (const statusCode of [204, 304]) {
    const path = `/status/${statusCode}`
    does.set(path, ({ socket }) => {
      const bytes = Buffer.concat([
        head({ statusCode }),
        payloadChunk('HTTP/1.1 200 OK\r\n\r\n'),
        invokeComplete(),
      ])
      socket.write(Buffer.concat([Buffer.from(begin), chunk(bytes), over]))
    })
    t.match(await ask(path), { status: statusCode, body: Buffer.alloc(0), isWhole: true })
  }
  does.set('/head', ({ socket }) => {
    socket.write(Buffer.concat([Buffer.from(begin), chunk(Buffer.concat([ok, payloadChunk('never')]))]))
  })
  t.match(await ask('/head', 'HEAD'), { status: 200, body: Buffer.alloc(0), isWhole: true })
  await poll(
    'the connection to end whose function writes on',
    () => socketOf('/head')?.destroyed,
    (is) => is === true,
  )
})

t.test(
  'what has no body leaves its connection to the next request, once Lambda says that it is over',
  async (t) => {
    for (const [path, statusCode, method] of [
      ['/rest/1', 204, 'GET'],
      ['/rest/2', 304, 'GET'],
      ['/rest/3', 200, 'HEAD'],
      ['/rest/4', 200, 'GET'],
    ] as const) {
      does.set(path, async ({ socket }) => {
        socket.write(Buffer.concat([Buffer.from(begin), chunk(head({ statusCode }))]))
        await setTimeout(20)
        socket.write(chunk(payloadChunk('never')))
        socket.write(Buffer.concat([chunk(invokeComplete()), over]))
      })
      t.match(await ask(path, method), { status: statusCode, isWhole: true })
      await setTimeout(100)
    }
    const sockets = ['/rest/1', '/rest/2', '/rest/3', '/rest/4'].map(socketOf)
    t.equal(new Set(sockets).size, 1)
  },
)

t.test('a head says nothing of framing, and sets no cookie of the gateway', async (t) => {
  const own = `claimgate-${gateway.port}=stolen; Path=/`
  const value = {
    statusCode: 200,
    headers: { 'Content-Length': '2', 'Transfer-Encoding': 'gzip', Connection: 'close', Upgrade: 'h2c' },
    cookies: [own, 'app=1'],
  }
  does.set('/framing', ({ socket }) => {
    const bytes = Buffer.concat([head(value), payloadChunk('longer than two'), invokeComplete()])
    socket.write(Buffer.concat([Buffer.from(begin), chunk(bytes), over]))
  })
  const got = await ask('/framing')
  t.match(got, { status: 200, body: Buffer.from('longer than two'), isWhole: true })
  t.same(got.headers['set-cookie'], ['app=1'])
  t.equal(got.headers['content-length'], undefined)
  t.equal(got.headers.upgrade, undefined)
  const asked = await ask('/framing', 'HEAD')
  t.match(asked, { status: 200, body: Buffer.alloc(0), isWhole: true })
  t.equal(asked.headers['content-length'], '2', 'to HEAD it frames nothing, and says what GET would get')
})
