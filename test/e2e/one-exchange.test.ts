import t from 'tap'
import { startTestGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import { exchange, rawClient, statusOf } from '../support/raw.ts'
import { type Answerer, answerHeads, recordingUpstream } from '../support/upstream.ts'

const upstream = await recordingUpstream()
const nobody = await freePort()
const gateway = await startTestGateway({
  yaml: ({ url }) => `
providers: { op: { issuer: "http://localhost:${nobody}", client_id: a, client_secret: b } }
apps:
  wiki:
    url: ${url}
    upstream: "http://127.0.0.1:${upstream.port}"
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: anyone
`,
})
t.teardown(async () => {
  await gateway.close()
  await upstream.close()
})

const get = (target: string, more = '') =>
  `GET ${target} HTTP/1.1\r\nHost: localhost:${gateway.port}\r\n${more}\r\n`
const close = 'Connection: close\r\n'
const lineOf = (path: string) => gateway.logged((line) => line.path === path)

/** Sends bytes at the first piece of a request, then ends the connection in its way. */
const once = (bytes: string, end: 'cut' | 'reset' | 'nothing'): Answerer => {
  const served = new WeakSet<object>()
  return ({ socket }) => {
    if (served.has(socket)) return null
    served.add(socket)
    setImmediate(() => {
      if (end === 'cut') socket.destroy()
      else if (end === 'reset') socket.resetAndDestroy()
    })
    return bytes
  }
}

t.test('an app that breaks off behind its head, before a byte of the body, is 502', async (t) => {
  const heads = [
    'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 500 No\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n',
  ]
  for (const [i, head] of heads.entries()) {
    for (const end of ['cut', 'reset'] as const) {
      upstream.answerWith(once(head, end))
      const path = `/head/${i}/${end}`
      t.equal(statusOf(await exchange(gateway.port, get(path, close))), 502)
      t.match(await lineOf(path), { status: 502, decision: 'allow' })
    }
  }
})

t.test('one that breaks off later is cut, and the log says who did it', async (t) => {
  upstream.answerWith(once('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 'cut'))
  t.match(await exchange(gateway.port, get('/later', close)), /200 OK[\s\S]*part$/)
  const line = await lineOf('/later')
  t.match(line, { status: 200, code: 'UPSTREAM_ABORTED' })
  t.match(
    gateway.log.find(
      ({ event, request_id }) => event === 'upstream.failed' && request_id === line.request_id,
    ),
    { code: 'UPSTREAM_ABORTED' },
  )
  upstream.answerWith(once('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 'nothing'))
  const client = await rawClient(gateway.port, get('/gone'))
  await client.until('part')
  client.destroy()
  const gone = await lineOf('/gone')
  t.equal(gone.status, 499, 'a client that goes away is 499')
  t.notOk('code' in gone)
})

t.test('a head whose body takes its time is sent meanwhile', async (t) => {
  for (const type of ['text/event-stream', 'text/plain']) {
    upstream.answerWith(
      once(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 4\r\n\r\n`, 'nothing'),
    )
    const path = `/poll/${type}`
    const client = await rawClient(gateway.port, get(path, close))
    await client.until('\r\n\r\n')
    upstream.connections.find(({ received }) => received.includes(path))?.socket.write('late')
    t.match(await client.closed(), /late$/)
  }
})

t.test('a head that cannot be passed on is 502, whenever it is', async (t) => {
  upstream.answerWith(once('HTTP/1.1 200 OK\r\nX-A: \x01\r\nContent-Length: 4\r\n\r\n', 'nothing'))
  t.equal(statusOf(await exchange(gateway.port, get('/odd', close))), 502)
})

t.test('requests of one connection are served one after the other', async (t) => {
  upstream.answerWith(() => null)
  const from = upstream.connections.length
  const client = await rawClient(gateway.port, [1, 2, 3].map((i) => get(`/p${i}`)).join(''))
  for (const i of [1, 2, 3]) {
    await upstream.until(() => upstream.received().includes(`GET /p${i} `))
    t.notMatch(upstream.received(), `GET /p${i + 1} `, `${i + 1} waits for the answer to ${i}`)
    const asked = upstream.connections.slice(from).filter(({ received }) => received.includes(`GET /p${i} `))
    t.equal(asked.length, 1)
    asked[0]?.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n#${i}`)
    await client.until(`#${i}`)
  }
  t.ok(upstream.connections.length - from <= 1, 'by one connection to the app')
  client.destroy()
})

t.test('of requests that wait, none reaches the app when the client goes away', async (t) => {
  upstream.answerWith(() => null)
  const client = await rawClient(gateway.port, get('/first') + get('/second'))
  await upstream.until(() => upstream.received().includes('GET /first '))
  client.destroy()
  await lineOf('/first')
  upstream.answerWith(answerHeads())
  t.equal(statusOf(await exchange(gateway.port, get('/third', close))), 200)
  t.notMatch(upstream.received(), 'GET /second ')
  t.notOk(gateway.log.some(({ path }) => path === '/second'))
})

t.test('at most 16 wait: of more the connection ends behind those, in order', async (t) => {
  upstream.answerWith(answerHeads('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.'))
  const client = await rawClient(gateway.port, Array.from({ length: 60 }, (_, i) => get(`/q${i}`)).join(''))
  const text = await client.closed()
  t.equal(text.match(/HTTP\/1\.1 200/g)?.length, 17, 'one and sixteen')
  t.equal(text.match(/Connection: close/g)?.length, 1)
  t.match(text.slice(text.lastIndexOf('HTTP/1.1')), 'Connection: close')
  t.notMatch(upstream.received(), 'GET /q17 ')
})

t.test('as many as may wait are all served, and the connection goes on', async (t) => {
  const post = (target: string) =>
    `POST ${target} HTTP/1.1\r\nHost: localhost:${gateway.port}\r\nContent-Length: 2\r\n\r\nhi`
  // The body of a POST is read to its end before its answer: nothing of node:http reads on for the sake of it.
  for (const [kind, request] of [
    ['GET', get],
    ['POST', post],
  ] as const) {
    upstream.answerWith(({ received }) =>
      /\r\n\r\n(?:hi)?$/.test(received) ? 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.' : null,
    )
    const client = await rawClient(
      gateway.port,
      Array.from({ length: 17 }, (_, i) => request(`/r${i}`)).join(''),
    )
    await client.until(/(?:HTTP\/1\.1 200[\s\S]*?){17}/)
    client.write(get('/r17', close))
    t.equal((await client.closed()).match(/HTTP\/1\.1 200/g)?.length, 18, kind)
  }
})

t.test('a flood of requests in one piece ends the connection at once', async (t) => {
  upstream.answerWith(() => null)
  const client = await rawClient(gateway.port, get('/flood').repeat(400))
  t.equal(await client.closed(), '')
})

t.test('behind bytes that are no request nothing is read, and they are told once', async (t) => {
  upstream.answerWith(({ received }) =>
    received.includes('GET /behind') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : null,
  )
  const told = () => gateway.log.filter(({ event }) => event === 'request.unreadable').length
  const before = told()
  const client = await rawClient(gateway.port, get('/unreadable'))
  await upstream.until(() => upstream.received().includes('GET /unreadable '))
  const asked = upstream.connections.findLast(({ received }) => received.includes('GET /unreadable '))
  const garbage = '\x00 no HTTP at all\r\n\r\n'
  client.write(garbage)
  await gateway.logged(() => told() > before)
  for (let i = 0; i < 5; i++) {
    client.write(garbage)
    // The gateway has had its turn, for what came before this.
    t.equal(statusOf(await exchange(gateway.port, get('/behind', close))), 200)
  }
  asked?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole')
  t.match(await client.closed(), /whole$/, 'what was asked for before them is answered')
  t.equal(told() - before, 1)
})
