// A request is sent once. The one exception, and everything that comes near it and is none.
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { UpstreamRequest } from '../../src/core/ports.ts'
import { heldTiming } from '../support/timing.ts'
import { createAuthority } from '../support/tls.ts'
import type { Answerer, Connection, RecordingUpstream } from '../support/upstream.ts'
import { type Outcome, opened, patient, request, send, settings, upstreamFor } from './rig.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Answers the first request of the first connection; `then` is what becomes of the next one there. */
function closing(then: Answerer): Answerer {
  let first: Connection | null = null
  return (connection) => {
    if (!connection.received.endsWith('\r\n\r\n') && !connection.received.endsWith('0\r\n\r\n')) return null
    first ??= connection
    if (connection !== first || connection.received.split('HTTP/1.1\r\n').length === 2) return ok
    return then(connection)
  }
}

const closes: Answerer = ({ socket }) => {
  socket.end()
  return null
}
const resets: Answerer = ({ socket }) => {
  socket.resetAndDestroy()
  return null
}

interface Second {
  readonly outcome: Outcome
  readonly upstream: RecordingUpstream
}

/** One request to warm a connection, then the one in question, to an app that does `then` with it. */
async function second(
  t: Test,
  then: Answerer,
  more: Partial<UpstreamRequest> = {},
  timing = heldTiming(),
): Promise<Second> {
  const upstream = await upstreamFor(t, {
    answer: closing(then),
  })
  const upstreams = opened(t, timing)
  const to = settings(upstream.port)
  t.equal((await send(upstreams, request(to, { path: '/warm' }))).statusCode, 200)
  const outcome = await send(upstreams, request(to, { path: '/asked', ...more }))
  return { outcome, upstream }
}

const asked = ({ connections }: RecordingUpstream) =>
  connections.map(({ received }) =>
    received.split(/(?=^[A-Z]+ \S+ HTTP\/1\.1\r$)/m).filter((text) => text.includes(' /asked ')),
  )

t.test(
  'a request without a body, to an idle connection that the app closes, is sent once more',
  async (t) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      for (const [name, then] of Object.entries({ closes, resets })) {
        t.test(`${method}, when it ${name}: byte for byte, on a new connection`, async (t) => {
          const { outcome, upstream } = await second(t, then, { method })
          t.match(outcome, { statusCode: 200, code: null })
          const [before, after, ...others] = asked(upstream)
          t.equal(before?.length, 1)
          t.strictSame(after, before)
          t.strictSame(others, [])
        })
      }
    }

    t.test('over TLS too', async (t) => {
      const authority = createAuthority()
      const tls = authority.issue({ names: ['DNS:localhost'] })
      const upstream = await upstreamFor(t, {
        tls,
        answer: closing(closes),
      })
      const upstreams = opened(t, heldTiming())
      const to = settings(upstream.port, {
        scheme: 'https',
        hostname: 'localhost',
        ca: authority.certificate,
      })
      await send(upstreams, request(to, { path: '/warm' }))
      t.equal((await send(upstreams, request(to, { path: '/asked' }))).statusCode, 200)
      t.equal(upstream.connections.length, 2)
    })

    t.test('also with a length of nothing', async (t) => {
      const headers = ['Host', 'h', 'Content-Length', '0']
      t.equal((await second(t, closes, { headers })).outcome.statusCode, 200)
    })
  },
)

t.test('nothing else is', async (t) => {
  const none = 'UPSTREAM_ABORTED'
  const body = () => Readable.from([Buffer.from('x')])
  const answers =
    (text: string): Answerer =>
    ({ socket }) => {
      socket.end(text)
      return null
    }
  const rows: [string, Answerer, Partial<UpstreamRequest>][] = [
    ['a POST', closes, { method: 'POST' }],
    ['a PUT, PATCH, DELETE and the like', closes, { method: 'DELETE' }],
    ['a PROPFIND', closes, { method: 'PROPFIND' }],
    ['a GET with a body', closes, { body: body(), headers: ['Host', 'h'] }],
    ['an OPTIONS with a body', closes, { method: 'OPTIONS', body: body(), headers: ['Host', 'h'] }],
    ['a request whose answer began: one byte', answers('H'), {}],
    ['a request whose answer began: half a status line', answers('HTTP/1.1 200'), {}],
    ['a request whose answer began: half a header', answers('HTTP/1.1 200 OK\r\nContent-Le'), {}],
    ['a request whose answer began: an interim one', answers('HTTP/1.1 103 Early Hints\r\n\r\n'), {}],
    ['a request whose answer began: an empty line', answers('\r\n'), {}],
    ['a request whose answer is cut', answers('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'), {}],
  ]
  for (const [name, then, more] of rows) {
    t.test(name, async (t) => {
      const { outcome, upstream } = await second(t, then, more)
      t.not(outcome.code, null)
      t.equal(asked(upstream).flat().length, 1)
      t.equal(upstream.connections.length, 1)
    })
  }

  t.test('a request on a connection that nobody used before', async (t) => {
    for (const answer of [closes, resets]) {
      const upstream = await upstreamFor(t, { answer })
      t.equal((await send(opened(t), request(settings(upstream.port)))).code, none)
      t.equal(upstream.requests(), 1)
    }
  })

  t.test('a request after its second failure: 502', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t)
    const to = settings(upstream.port)
    await send(upstreams, request(to))
    upstream.answerWith(closes)
    t.equal((await send(upstreams, request(to, { path: '/asked' }))).code, none)
    t.equal(asked(upstream).flat().length, 2, 'the first, and once more')
    t.equal(upstream.connections.length, 2)
  })

  t.test('a request whose connection lives longer than two seconds after it', async (t) => {
    for (const [ms, times] of [
      [2_000, 2],
      [2_001, 1],
    ] as const) {
      const timing = heldTiming()
      const { upstream } = await second(
        t,
        ({ socket }) => {
          timing.pass(ms)
          socket.end()
          return null
        },
        {},
        timing,
      )
      t.equal(asked(upstream).flat().length, times, `${ms} ms`)
    }
  })

  t.test('a request that was given up', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t)
    const to = settings(upstream.port)
    await send(upstreams, request(to))
    upstream.answerWith(() => null)
    const sink = { head: () => t.fail(), data: () => true, end: () => t.fail(), failed: () => t.fail() }
    const exchange = upstreams.request(request(to, { path: '/asked' }), sink)
    await upstream.until(() => upstream.requests() === 2)
    exchange.cancel()
    await upstream.until(() => upstream.connections[0]?.closed === true)
    await send(upstreams, request(settings((await upstreamFor(t)).port)))
    t.equal(asked(upstream).flat().length, 1)
  })

  t.test('a request that took too long', async (t) => {
    const timeouts = { ...patient, responseSeconds: 1 }
    const { outcome, upstream } = await second(t, () => null, { timeouts })
    t.equal(outcome.code, 'UPSTREAM_TIMEOUT')
    t.equal(asked(upstream).flat().length, 1)
  })

  t.test('a WebSocket handshake, which has a connection of its own', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t)
    const to = settings(upstream.port)
    await send(upstreams, request(to))
    upstream.answerWith(closes)
    const signal = new AbortController().signal
    await t.rejects(upstreams.upgrade(request(to, { path: '/asked' }), signal), { code: none })
    t.equal(asked(upstream).flat().length, 1)
    t.equal(upstream.connections.length, 2)
  })
})

t.test(
  'a connection that closed before the request was written is no use of it: a new one is the first',
  async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t)
    const to = settings(upstream.port)
    await send(upstreams, request(to))
    upstream.answerWith(closes)
    upstream.connections[0]?.socket.end()
    // The end is on its way, and may be met while the request waits to be written or a moment after.
    const { code } = await send(upstreams, request(to, { path: '/asked' }))
    t.equal(code, 'UPSTREAM_ABORTED')
    t.ok(asked(upstream).flat().length <= 2)
  },
)
