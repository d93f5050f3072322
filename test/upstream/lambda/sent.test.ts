// An invocation over real sockets, to an app on bare TCP in the place of Lambda: what is on the wire, how often, and when
// it ends.
import t from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import type { Answerer } from '../../support/upstream.ts'
import { begin, opened, request, send, settings, upstreamFor } from '../rig.ts'
import { functionName } from './input.ts'

const credentials = {
  given: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: new Secret('of-a-test'),
    sessionToken: null,
  },
  role: null,
  region: 'eu-west-1',
}

function functionAt(port: number) {
  return settings(port, {
    host: 'wiki.example.com',
    ownOrigin: 'https://wiki.example.com',
    aws: { service: 'lambda', region: 'eu-west-1', credentials },
    lambda: { functionName, payload: '2.0', streaming: false },
  })
}

const patient = {
  connectSeconds: 5,
  responseSeconds: 60,
  idleSeconds: 60,
  keepAliveSeconds: null,
  body: null,
}

/** Answers each whole request, once. */
function answering(text: string): Answerer {
  const json = `{"statusCode":200,"body":"${text}"}`
  const bytes = `HTTP/1.1 200 OK\r\nContent-Length: ${json.length}\r\n\r\n${json}`
  const read = new WeakMap<object, number>()
  return (connection) => {
    const rest = connection.received.slice(read.get(connection) ?? 0)
    const head = rest.slice(0, rest.indexOf('\r\n\r\n') + 4)
    const whole = head.length + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.POSITIVE_INFINITY)
    if (rest.length < whole) return null
    read.set(connection, (read.get(connection) ?? 0) + whole)
    return bytes
  }
}

t.test('one signed POST, whose one length is that of the event', async (t) => {
  const api = await upstreamFor(t, { answer: answering('hello') })
  const outcome = await send(opened(t), request(functionAt(api.port), { path: '/a?b' }))
  t.match(outcome, { statusCode: 200, body: 'hello', code: null })
  const received = api.received()
  const [head = '', event = ''] = received.split('\r\n\r\n')
  t.match(
    head,
    /^POST \/2015-03-31\/functions\/arn%3Aaws%3Alambda%3A\S+%3Awiki%3Alive\/invocations HTTP\/1\.1\r\n/,
  )
  t.match(head, new RegExp(`\r\nhost: 127\\.0\\.0\\.1:${api.port}\r\n`, 'i'))
  t.match(
    head,
    /\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-west-1\/lambda\/aws4_request, /,
  )
  t.same(head.match(/^content-length: .*$/gim), [`content-length: ${Buffer.byteLength(event)}`])
  t.notMatch(head, /canary|wiki\.example\.com/, 'what the app is told stands in the event')
  t.match(JSON.parse(event), {
    rawPath: '/a',
    rawQueryString: 'b',
    headers: { 'x-gateway-secret': 'canary' },
  })
})

t.test('it is never sent a second time, be its connection stale or its method safe', async (t) => {
  const first = answering('one')
  let requests = 0
  const api = await upstreamFor(t, {
    answer: (connection) => {
      const bytes = first(connection)
      if (bytes === null) return null
      requests += 1
      if (requests === 1) return bytes
      connection.socket.destroy()
      return null
    },
  })
  const upstreams = opened(t)
  t.match(await send(upstreams, request(functionAt(api.port))), { body: 'one' })
  t.match(await send(upstreams, request(functionAt(api.port))), {
    code: 'UPSTREAM_ABORTED',
    statusCode: null,
  })
  t.equal(requests, 2)
})

t.test('a client that goes away ends it at Lambda too', async (t) => {
  const api = await upstreamFor(t, { answer: () => null })
  const { exchange } = begin(opened(t), request(functionAt(api.port)))
  await api.until(() => api.received().includes('isBase64Encoded'))
  exchange.cancel()
  await api.until(() => api.connections.every(({ closed }) => closed))
  t.equal(api.connections.length, 1)
})

t.test('the time for an answer is that of timeouts.response', async (t) => {
  const api = await upstreamFor(t, { answer: () => null })
  const timeouts = {
    connectSeconds: 5,
    responseSeconds: 0.2,
    idleSeconds: 60,
    keepAliveSeconds: null,
    body: null,
  }
  const { outcome, message } = begin(opened(t), request(functionAt(api.port), { timeouts }))
  t.match(await outcome, { code: 'UPSTREAM_TIMEOUT', statusCode: null })
  t.match(message(), /answered nothing for 0\.2 s/)
})

t.test(
  'a function that has all its connections in use holds up no other one behind the same host',
  async (t) => {
    const answer = answering('x')
    const api = await upstreamFor(t, {
      answer: (connection) => (connection.received.includes('%3Aslow/') ? null : answer(connection)),
    })
    const upstreams = opened(t)
    const named = (name: string) => ({
      ...functionAt(api.port),
      maxConnections: 1,
      lambda: {
        functionName: functionName.replace('wiki:live', name),
        payload: '2.0',
        streaming: false,
      } as const,
    })
    const slow = begin(upstreams, request(named('slow'), { timeouts: { ...patient, responseSeconds: 600 } }))
    await api.until(() => api.received().includes('%3Aslow/'))
    t.match(await send(upstreams, request(named('quick'))), { body: 'x' })
    t.match(
      await send(upstreams, request(named('slow'))),
      { code: 'UPSTREAM_BUSY' },
      'the same one waits for a place',
    )
    slow.exchange.cancel()
  },
)

t.test('a function of another app shares nothing but the address', async (t) => {
  const api = await upstreamFor(t, { answer: answering('x') })
  const upstreams = opened(t)
  const [one, other] = [functionAt(api.port), functionAt(api.port)]
  t.match(await send(upstreams, request(one)), { body: 'x' })
  t.match(await send(upstreams, request(other, { body: Buffer.from('{}'), method: 'POST' })), { body: 'x' })
})
