import { request } from 'node:http'
import t from 'tap'
import {
  alice,
  type ProxySettings,
  type RunningProxy,
  sharedSecret,
  startProxy,
} from '../../support/proxy.ts'
import { exchange, rawClient, statusOf } from '../../support/raw.ts'
import {
  type Answerer,
  answerHeads,
  type RecordingUpstream,
  recordingUpstream,
} from '../../support/upstream.ts'

interface Pair {
  readonly upstream: RecordingUpstream
  readonly proxy: RunningProxy
}

/** A proxy before a recording upstream, both closed when the test ends. */
async function pair(
  test: Tap.Test,
  answer: Answerer = answerHeads(),
  settings: Omit<ProxySettings, 'upstreamPort'> = {},
): Promise<Pair> {
  const upstream = await recordingUpstream({ answer })
  const proxy = await startProxy({ upstreamPort: upstream.port, ...settings })
  test.teardown(async () => {
    await proxy.close()
    await upstream.close()
  })
  return { upstream, proxy }
}

declare namespace Tap {
  type Test = { teardown(fn: () => Promise<void>): void }
}

const head = (target: string, more = '') =>
  `GET ${target} HTTP/1.1\r\nHost: wiki.example.com\r\nConnection: close\r\n${more}\r\n`

const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)

/** Answers once the whole body of the announced length is there. */
const afterBody =
  (length: number, bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'): Answerer =>
  ({ received }) =>
    received.includes('\r\n\r\n') && bodyOf(received).length >= length ? bytes : null

t.test('what the upstream gets', async (t) => {
  t.test('the canonical path, the very query, our headers once, the body', async (t) => {
    const { upstream, proxy } = await pair(t, answerHeads(), { principal: alice })
    await exchange(
      proxy.port,
      head(
        '/a%2db/%c3%a9?x=%2e%2e/..&&;',
        'X-Forwarded-User: evil\r\nX_Forwarded_User: evil\r\nCookie: __Host-claimgate=s; a=b\r\nAccept: */*\r\n',
      ),
    )
    const [line, ...headers] = upstream.received().split('\r\n\r\n')[0]?.split('\r\n') ?? []
    t.equal(line, 'GET /a-b/%C3%A9?x=%2e%2e/..&&; HTTP/1.1')
    const named = (name: string) =>
      headers.filter((header) => header.toLowerCase().replaceAll('_', '-').startsWith(`${name}:`))
    t.strictSame(named('host'), [`host: 127.0.0.1:${upstream.port}`])
    t.strictSame(named('x-forwarded-user'), ['X-Forwarded-User: alice'])
    t.strictSame(named('x-gateway-secret'), [`X-Gateway-Secret: ${sharedSecret}`])
    t.strictSame(named('x-forwarded-for'), ['X-Forwarded-For: 192.0.2.7'])
    t.strictSame(named('cookie'), ['Cookie: a=b'])
    t.strictSame(named('connection'), ['connection: keep-alive'])
  })

  t.test('the base path before it, and the prefix off it', async (t) => {
    const { upstream, proxy } = await pair(t, answerHeads(), {
      prefix: ['app1'],
      upstream: { basePath: '/prod', stripPrefix: true },
    })
    for (const target of ['/app1/x/y/?q', '/app1', '/app1/']) await exchange(proxy.port, head(target))
    const targets = upstream.received().match(/^GET \S+/gm)
    t.strictSame(targets, ['GET /prod/x/y/?q', 'GET /prod/', 'GET /prod/'])
  })

  t.test('every method and its body, framed as the client framed it', async (t) => {
    const { upstream, proxy } = await pair(t, afterBody(5))
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET', 'PROPFIND']) {
      const from = upstream.received().length
      const answer = await exchange(
        proxy.port,
        `${method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: a b c\r\nContent-Length: 5\r\n\r\nhello`,
      )
      t.equal(statusOf(answer), 200, method)
      const request = upstream.received().slice(from)
      t.match(request, new RegExp(`^${method} /x HTTP/1.1\r\n`))
      t.match(request, /\r\ncontent-length: 5\r\n/i)
      t.match(request, 'Content-Type: a b c', 'S-080: a Content-Type that is none is not looked at')
      t.equal(bodyOf(request), 'hello')
    }
  })

  t.test('chunks as chunks', async (t) => {
    const { upstream, proxy } = await pair(t, ({ received }) =>
      received.endsWith('0\r\n\r\n') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : null,
    )
    const answer = await exchange(
      proxy.port,
      'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n',
    )
    t.equal(statusOf(answer), 200)
    t.match(upstream.received(), /transfer-encoding: chunked/i)
    t.notMatch(upstream.received(), /x-trailer/i, 'S-038: trailers of the client go nowhere')
    t.notMatch(upstream.received(), 'ext=1')
  })

  t.test('S-046 Expect: 100-continue is met, Keep-Alive and a lone Upgrade do no harm', async (t) => {
    const { upstream, proxy } = await pair(t, afterBody(5))
    const client = await rawClient(
      proxy.port,
      'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    )
    await client.until('100 Continue')
    client.write('hello')
    t.match(await client.closed(), /HTTP\/1.1 200 OK/)
    t.notMatch(upstream.received(), /expect/i)
    upstream.answerWith(answerHeads())
    t.equal(statusOf(await exchange(proxy.port, head('/x', 'Keep-Alive: timeout=5\r\n'))), 200)
    t.equal(statusOf(await exchange(proxy.port, head('/x', 'Upgrade: websocket\r\n'))), 200)
    t.equal(statusOf(await exchange(proxy.port, head('/x', 'TE: trailers\r\n'))), 200)
  })
})

t.test('what the client gets', async (t) => {
  t.test('status, headers in their order and bytes, and the body', async (t) => {
    const { proxy } = await pair(
      t,
      answerHeads(
        'HTTP/1.1 201 Made Up\r\nX-A: caf\xe9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n\r\n\xff\x00b',
      ),
    )
    const answer = await exchange(proxy.port, head('/x'))
    t.match(
      answer,
      /^HTTP\/1.1 201 Made Up\r\nX-A: caf\xe9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n/,
    )
    t.match(answer, 'Cache-Control: private')
    t.equal(bodyOf(answer), '\xff\x00b')
  })

  t.test('S-250 S-251 S-252 nothing that is between two hops, nor cookies of ours', async (t) => {
    const { proxy } = await pair(
      t,
      answerHeads(
        'HTTP/1.1 200 OK\r\nConnection: close, X-Internal\r\nX-Internal: leak\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nTrailer: X-T\r\nSet-Cookie: __Host-claimgate=evil; Path=/; Secure\r\nX-Accel-Redirect: /internal\r\nContent-Length: 2\r\n\r\nok',
      ),
    )
    const answer = await exchange(proxy.port, head('/x'))
    t.equal(statusOf(answer), 200)
    t.notMatch(answer, /leak|timeout=9|proxy-auth|h2c|trailer|evil|accel/i)
  })

  t.test('S-224 a shared secret that comes back is taken off, and told', async (t) => {
    const { proxy } = await pair(
      t,
      answerHeads(`HTTP/1.1 200 OK\r\nX-Echo: ${sharedSecret}\r\nContent-Length: 2\r\n\r\nok`),
    )
    t.notMatch(await exchange(proxy.port, head('/x')), sharedSecret)
    t.equal(proxy.reflected.length, 1)
  })

  t.test('S-225 a redirect is passed on, never followed', async (t) => {
    const { upstream, proxy } = await pair(
      t,
      answerHeads('HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n'),
    )
    t.match(await exchange(proxy.port, head('/x')), /302 Found[\s\S]*Location: http:\/\/evil.test\//)
    t.equal(upstream.requests(), 1)
  })

  t.test('S-232 a 503 is passed on, not tried again', async (t) => {
    const { upstream, proxy } = await pair(
      t,
      answerHeads('HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n'),
    )
    t.equal(statusOf(await exchange(proxy.port, head('/x'))), 503)
    t.equal(upstream.requests(), 1)
  })

  t.test('HEAD, 204 and 304 without a body, with their headers', async (t) => {
    const { upstream, proxy } = await pair(
      t,
      answerHeads('HTTP/1.1 200 OK\r\nContent-Length: 500\r\nETag: "x"\r\n\r\n'),
    )
    const answer = await exchange(proxy.port, head('/x').replace('GET', 'HEAD'))
    t.match(answer, /^HTTP\/1.1 200 OK\r\nContent-Length: 500\r\n/)
    t.equal(bodyOf(answer), '')
    upstream.answerWith(answerHeads('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'))
    t.match(await exchange(proxy.port, head('/x')), /^HTTP\/1.1 304 [\s\S]*ETag: "x"[\s\S]*\r\n\r\n$/)
    upstream.answerWith(answerHeads('HTTP/1.1 204 No Content\r\n\r\n'))
    t.match(await exchange(proxy.port, head('/x')), /^HTTP\/1.1 204 [\s\S]*\r\n\r\n$/)
  })

  t.test(
    'S-229 Trailer beside Content-Length, and trailers behind chunks, are dropped and the process lives',
    async (t) => {
      const { upstream, proxy } = await pair(
        t,
        answerHeads('HTTP/1.1 200 OK\r\nTrailer: X-T\r\nContent-Length: 2\r\n\r\nok'),
      )
      t.equal(bodyOf(await exchange(proxy.port, head('/x'))), 'ok')
      upstream.answerWith(
        answerHeads(
          'HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: v\r\n\r\n',
        ),
      )
      t.notMatch(await exchange(proxy.port, head('/x')), /x-t/i)
    },
  )

  t.test('S-236 S-237 a coded body untouched', async (t) => {
    const { proxy } = await pair(
      t,
      answerHeads(
        'HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00',
      ),
    )
    const answer = await exchange(proxy.port, head('/x'))
    t.match(answer, 'Content-Encoding: gzip, gzip')
    t.equal(bodyOf(answer), '\x1f\x8b\x08\x00')
  })

  t.test('server-sent events as they come', async (t) => {
    const { upstream, proxy } = await pair(
      t,
      answerHeads(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n',
      ),
    )
    const client = await rawClient(proxy.port, head('/events'))
    await client.until('data: 1')
    upstream.connections[0]?.socket.write('8\r\ndata: 2\n\r\n')
    await client.until('data: 2')
    upstream.connections[0]?.socket.write('0\r\n\r\n')
    await client.closed()
    t.pass('each event arrived before the next was sent')
  })

  t.test('a session cookie that was sealed anew, and then no shared caching', async (t) => {
    const { proxy } = await pair(t, answerHeads(), {
      resealed: 'new-value',
      forwarding: { cache: 'upstream' },
    })
    const answer = await exchange(proxy.port, head('/x'))
    t.match(answer, 'Set-Cookie: __Host-claimgate=new-value; Path=/; HttpOnly; Secure; SameSite=Lax')
    t.match(answer, 'Cache-Control: private')
  })
})

t.test('an upstream that misbehaves', async (t) => {
  const invalid: Record<string, string> = {
    'S-075 Content-Length and Transfer-Encoding':
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'S-075 two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    'S-075 bare LF': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'S-075 a byte that no header may hold': 'HTTP/1.1 200 OK\r\nX-A: \x00\r\nContent-Length: 2\r\n\r\nok',
    'S-075 80 kB of headers': `HTTP/1.1 200 OK\r\n${`X-A: ${'a'.repeat(8000)}\r\n`.repeat(10)}Content-Length: 2\r\n\r\nok`,
    'S-076 101 that nobody asked for':
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'S-076 status 999': 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok',
    'S-076 status 600': 'HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok',
    'S-076 status 000': 'HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nok',
    'no HTTP at all': 'SSH-2.0-OpenSSH_9.2p1\r\n',
  }
  for (const [name, bytes] of Object.entries(invalid)) {
    t.test(`${name}: 502, and the connection is dropped`, async (t) => {
      const { upstream, proxy } = await pair(t, answerHeads(bytes))
      const answer = await exchange(proxy.port, head('/x'))
      t.equal(statusOf(answer), 502)
      t.equal(bodyOf(answer), '')
      t.match(proxy.faults, [{ name: 'UpstreamFault' }])
      await upstream.until(() => upstream.connections[0]?.closed === true)
    })
  }

  t.test('S-076 103 is dropped, what follows is the answer', async (t) => {
    const { proxy } = await pair(
      t,
      answerHeads(
        'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    )
    const answer = await exchange(proxy.port, head('/x'))
    t.match(answer, /^HTTP\/1.1 200 OK/)
    t.notMatch(answer, 'Link')
  })

  t.test('S-074 a second answer that nobody asked for reaches nobody', async (t) => {
    const { upstream, proxy } = await pair(
      t,
      answerHeads(
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
      ),
    )
    t.equal(bodyOf(await exchange(proxy.port, head('/a'))), 'ok')
    upstream.answerWith(answerHeads())
    t.equal(bodyOf(await exchange(proxy.port, head('/b'))), 'ok')
    t.equal(upstream.connections[0]?.closed, true)
  })

  t.test('S-075 a body behind 304, 204 and HEAD reaches nobody', async (t) => {
    for (const [method, status] of [
      ['GET', '304 Not Modified'],
      ['GET', '204 No Content'],
      ['HEAD', '200 OK'],
    ] as const) {
      const { upstream, proxy } = await pair(
        t,
        answerHeads(`HTTP/1.1 ${status}\r\nContent-Length: 4\r\n\r\nevil`),
      )
      t.notMatch(await exchange(proxy.port, head('/a').replace('GET', method)), 'evil')
      upstream.answerWith(answerHeads())
      t.equal(bodyOf(await exchange(proxy.port, head('/b'))), 'ok')
    }
  })

  t.test('S-254 refused: 502 without an address', async (t) => {
    const upstream = await recordingUpstream()
    await upstream.close()
    const proxy = await startProxy({ upstreamPort: upstream.port })
    t.teardown(() => proxy.close())
    const answer = await exchange(proxy.port, head('/x'))
    t.equal(statusOf(answer), 502)
    t.notMatch(answer, /ECONN|127\.0\.0\.1/)
    t.match(proxy.faults, [{ code: 'UPSTREAM_UNREACHABLE' }])
  })

  t.test('S-234 silent before headers: 504', async (t) => {
    const { upstream, proxy } = await pair(t, () => null, {
      forwarding: {
        timeouts: {
          connectSeconds: 2,
          responseSeconds: 1,
          idleSeconds: 5,
          keepAliveSeconds: null,
          body: null,
        },
      },
    })
    t.equal(statusOf(await exchange(proxy.port, head('/x'))), 504)
    await upstream.until(() => upstream.connections[0]?.closed === true)
  })

  t.test('S-234 silent in the middle: the client is cut, and does not take it for the whole', async (t) => {
    const { proxy } = await pair(
      t,
      answerHeads('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
      {
        forwarding: {
          timeouts: {
            connectSeconds: 2,
            responseSeconds: 5,
            idleSeconds: 1,
            keepAliveSeconds: null,
            body: null,
          },
        },
      },
    )
    const answer = await exchange(proxy.port, head('/x'))
    t.match(answer, 'half')
    t.notMatch(answer, '\r\n0\r\n')
    t.strictSame(await proxy.over(1), ['gone'])
  })

  t.test('gone in the middle: the client is cut', async (t) => {
    const { upstream, proxy } = await pair(
      t,
      answerHeads('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    )
    const client = await rawClient(proxy.port, head('/x'))
    await client.until('half')
    upstream.connections[0]?.socket.destroy()
    t.equal(bodyOf(await client.closed()), 'half')
    t.strictSame(await proxy.over(1), ['gone'])
  })

  t.test('S-233 dropped after the request was read: 502, and sent once', async (t) => {
    for (const method of ['POST', 'PUT', 'GET']) {
      const { upstream, proxy } = await pair(t, (connection) => {
        connection.socket.destroy()
        return null
      })
      const answer = await exchange(
        proxy.port,
        `${method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`,
      )
      t.equal(statusOf(answer), 502, method)
      t.equal(upstream.requests(), 1, method)
    }
  })
})

t.test('bodies', async (t) => {
  t.test(
    'S-231 longer than allowed: 413, the upstream is cut, and the piece too much is not sent',
    async (t) => {
      const { upstream, proxy } = await pair(t, () => null, { forwarding: { maxBodyBytes: 10 } })
      const client = await rawClient(
        proxy.port,
        'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      )
      await upstream.until(() => upstream.received().includes('hello'))
      client.write('6\r\n world\r\n')
      const answer = await client.closed()
      t.equal(statusOf(answer), 413)
      t.match(answer, /connection: close/i)
      t.notMatch(upstream.received(), 'world')
      await upstream.until(() => upstream.connections[0]?.closed === true)
    },
  )

  t.test('S-231 announced longer than allowed: 413 before the upstream hears of it', async (t) => {
    const { upstream, proxy } = await pair(t, () => null, { forwarding: { maxBodyBytes: 10 } })
    const answer = await exchange(
      proxy.port,
      'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello',
    )
    t.equal(statusOf(answer), 413)
    t.equal(upstream.connections.length, 0)
  })

  t.test('exactly as long as allowed', async (t) => {
    const { proxy } = await pair(t, afterBody(5), { forwarding: { maxBodyBytes: 5 } })
    const answer = await exchange(
      proxy.port,
      'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
    )
    t.equal(statusOf(answer), 200)
  })

  t.test('a client that stops in the middle: 408, and the upstream is cut', async (t) => {
    const { upstream, proxy } = await pair(t, () => null, {
      forwarding: {
        timeouts: {
          connectSeconds: 2,
          responseSeconds: 5,
          idleSeconds: 1,
          keepAliveSeconds: null,
          body: null,
        },
      },
    })
    const answer = await exchange(
      proxy.port,
      'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello',
    )
    t.equal(statusOf(answer), 408)
    await upstream.until(() => upstream.connections[0]?.closed === true)
  })

  t.test('S-079 S-234 a client that goes away takes its request with it', async (t) => {
    const { upstream, proxy } = await pair(t, () => null)
    const uploading = await rawClient(
      proxy.port,
      'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello',
    )
    await upstream.until(() => upstream.received().includes('hello'))
    uploading.destroy()
    await upstream.until(() => upstream.connections[0]?.closed === true)
    const waiting = await rawClient(proxy.port, head('/y'))
    await upstream.until(() => upstream.received().includes('/y'))
    waiting.destroy()
    await upstream.until(() => upstream.connections[1]?.closed === true)
    t.strictSame(await proxy.over(2), ['gone', 'gone'])
    t.strictSame(proxy.faults, [], 'that is no fault of the upstream')
  })

  t.test('an answer before the end of the upload ends the connection', async (t) => {
    const { proxy } = await pair(t, answerHeads('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno'))
    const answer = await exchange(
      proxy.port,
      'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello',
    )
    t.match(answer, /^HTTP\/1.1 401 [\s\S]*Connection: close[\s\S]*no$/)
    t.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1)
  })

  t.test('S-238 a client that does not read stops the upstream', async (t) => {
    const { upstream, proxy } = await pair(t, () => null)
    const client = await rawClient(proxy.port, head('/big'))
    client.socket.pause()
    await upstream.until(() => upstream.received().includes('\r\n\r\n'))
    const socket = upstream.connections[0]?.socket
    t.ok(socket)
    socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const piece = `10000\r\n${'x'.repeat(65536)}\r\n`
    // Kernel buffers on loopback take a few MiB; 64 MiB can only be taken by somebody who hoards.
    let sent = 0
    while (sent < 64 * 1024 * 1024) {
      sent += piece.length
      if (socket?.write(piece)) continue
      const drained = await Promise.race([
        new Promise<boolean>((resolve) => socket?.once('drain', () => resolve(true))),
        quiet(300).then(() => false),
      ])
      if (!drained) break
    }
    t.ok(sent < 32 * 1024 * 1024, `stopped after ${sent} bytes`)
    client.destroy()
    await upstream.until(() => upstream.connections[0]?.closed === true)
  })
})

/** How long nothing may move before it counts as standing still. */
function quiet(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

t.test('a request that cannot be sent as it is', async (t) => {
  const { upstream, proxy } = await pair(t, answerHeads(), {
    principal: { ...alice, claims: { email: { no: 'text' } } as never },
  })
  const answer = await exchange(proxy.port, head('/x'))
  t.equal(statusOf(answer), 403)
  t.match(answer, 'identity-unsendable')
  t.equal(upstream.connections.length, 0)
  const other = await pair(t)
  t.equal(statusOf(await exchange(other.proxy.port, head('/x', `Connection: ${'a,'.repeat(30)}b\r\n`))), 400)
  t.equal(other.upstream.connections.length, 0)
})

t.test('connections to the upstream are used again', async (t) => {
  const { upstream, proxy } = await pair(t)
  for (let i = 0; i < 5; i++) await get(proxy.port)
  t.equal(upstream.requests(), 5)
  t.equal(upstream.connections.length, 1)
})

function get(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent: false }, (response) => response.resume().on('end', resolve))
      .on('error', reject)
      .end()
  })
}
