// What @fastify/http-proxy and @fastify/reply-from do by default, measured on the versions we ship. A test that
// fails here means: read src/http/proxy.ts again before the new version is taken.
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import t from 'tap'
import { portOf } from '../support/ports.ts'
import { exchange, rawClient, statusOf } from '../support/raw.ts'
import { createAuthority } from '../support/tls.ts'
import { answerHeads, type RecordingUpstream, recordingUpstream } from '../support/upstream.ts'

type Options = Parameters<typeof httpProxy>[1]

async function stock(
  test: { teardown(fn: () => Promise<void>): void },
  upstream: RecordingUpstream,
  options: Partial<Options> = {},
): Promise<number> {
  const app = Fastify({ bodyLimit: 1024 })
  await app.register(httpProxy, { upstream: `http://127.0.0.1:${upstream.port}`, ...options } as Options)
  await app.listen({ port: 0, host: '127.0.0.1' })
  test.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
    await upstream.close()
  })
  return portOf(app.server)
}

const head = (target: string, more = '') =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`

t.test('F1 F2 paths are rewritten behind the check, or pass though Flask reads them otherwise', async (t) => {
  const upstream = await recordingUpstream()
  const port = await stock(t, upstream)
  const targets: [string, string][] = [
    ['/./admin', '/admin'],
    ['/%2e/admin', '/admin'],
    ['/admin#/public', '/admin'],
    ['/%2fadmin', '/%2fadmin'],
    ['/admin%00', '/admin%00'],
    ['/%252e%252e', '/%252e%252e'],
  ]
  for (const [asked, sent] of targets) {
    const from = upstream.received().length
    await exchange(port, head(asked))
    t.match(upstream.received().slice(from), `GET ${sent} HTTP/1.1`, asked)
  }
})

t.test('F3 names that WSGI folds pass, and three headers are a 500', async (t) => {
  const upstream = await recordingUpstream()
  const port = await stock(t, upstream)
  await exchange(port, head('/', 'X_Forwarded_User: evil\r\n'))
  t.match(upstream.received(), /x_forwarded_user: evil/i)
  for (const header of ['Keep-Alive: timeout=5', 'Upgrade: websocket', 'Expect: 100-continue']) {
    t.match(await exchange(port, head('/', `${header}\r\n`)), /HTTP\/1\.1 500/, header)
  }
})

t.test(
  'F8 a 503 is asked for eleven times, `maxRetriesOn503: 0` changes nothing, `retryDelay` does',
  async (t) => {
    const busy = answerHeads('HTTP/1.1 503 No\r\nRetry-After: 0.001\r\nContent-Length: 0\r\n\r\n')
    const counts: [Partial<Options>, number][] = [
      [{}, 11],
      [{ replyOptions: { maxRetriesOn503: 0 } as never }, 11],
      [{ replyOptions: { retryDelay: () => null } }, 1],
    ]
    for (const [options, expected] of counts) {
      const upstream = await recordingUpstream({ answer: busy })
      const port = await stock(t, upstream, options)
      t.equal(statusOf(await exchange(port, head('/'))), 503)
      t.equal(upstream.requests(), expected)
    }
  },
)

t.test('F8 certificates of upstreams are not verified', async (t) => {
  const upstream = await recordingUpstream({ tls: createAuthority().issue({ names: ['DNS:other.example'] }) })
  const port = await stock(t, upstream, { upstream: `https://127.0.0.1:${upstream.port}` })
  t.equal(statusOf(await exchange(port, head('/'))), 200)
})

t.test('F8 what concerns the upstream connection reaches the client', async (t) => {
  const answer = answerHeads(
    'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\nContent-Length: 2\r\n\r\nok',
  )
  const upstream = await recordingUpstream({ answer })
  t.match(await exchange(await stock(t, upstream), head('/')), /timeout=9[\s\S]*proxy-authenticate/i)
})

t.test('F9 a refused connection is a 500 that names the address', async (t) => {
  const upstream = await recordingUpstream()
  const port = await stock(t, upstream)
  await upstream.close()
  t.match(await exchange(port, head('/')), /HTTP\/1\.1 500[\s\S]*ECONNREFUSED 127\.0\.0\.1/)
})

t.test('F9 `bodyLimit` does not hold for what is passed on', async (t) => {
  const upstream = await recordingUpstream({
    answer: ({ received }) =>
      received.length > 5000 ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : null,
  })
  const port = await stock(t, upstream)
  const body = 'x'.repeat(5000)
  const request = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n${body}`
  t.equal(statusOf(await exchange(port, request)), 200)
})

t.test(
  'F11 a WebSocket is accepted before the upstream has, with only the cookies of the client',
  async (t) => {
    const upstream = await recordingUpstream({ answer: () => null })
    const port = await stock(t, upstream, { websocket: true } as Partial<Options>)
    const handshake =
      'GET /./admin HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://evil.test\r\nCookie: session=s\r\nX-A: b\r\n\r\n'
    const client = await rawClient(port, handshake)
    t.match(await client.until('\r\n\r\n'), '101 Switching Protocols')
    await upstream.until(() => upstream.received().includes('\r\n\r\n'))
    t.match(upstream.received(), 'GET /admin HTTP/1.1')
    t.match(upstream.received(), /cookie: session=s/i)
    t.notMatch(upstream.received(), /x-a|origin/i)
    client.destroy()
  },
)

t.test('the extension points that src/http/proxy.ts stands on', async (t) => {
  t.test(
    '`undici` takes any object with `request`, and `onResponse` gets what it answered with',
    async (t) => {
      const upstream = await recordingUpstream()
      const mark = Symbol('mark')
      const body = { destroy() {} }
      const seen: unknown[] = []
      const port = await stock(t, upstream, {
        undici: {
          request: ((
            call: { headers: Record<symbol, unknown> },
            done: (error: null, answer: object) => void,
          ) => {
            seen.push(call.headers[mark])
            done(null, { statusCode: 201, headers: {}, body })
          }) as never,
        },
        replyOptions: {
          rewriteRequestHeaders: () => ({ [mark]: 'carried' }) as never,
          onResponse: (_request, reply, answer) => {
            seen.push((answer as unknown as { stream: unknown }).stream)
            reply.raw.end('raw')
          },
        },
      })
      t.match(await exchange(port, head('/')), /HTTP\/1\.1 201[\s\S]*raw/)
      t.strictSame(seen, ['carried', body])
      t.equal(upstream.connections.length, 0)
    },
  )

  t.test('a `preHandler` that does not call `done` has the request for itself', async (t) => {
    const upstream = await recordingUpstream()
    const port = await stock(t, upstream, {
      preHandler: (_request, reply, _done) => {
        reply.raw.writeHead(204).end()
      },
    })
    t.equal(
      statusOf(await exchange(port, head('/%2e%2e/x'))),
      204,
      'though http-proxy refuses such a destination',
    )
    t.equal(upstream.connections.length, 0)
  })
})
