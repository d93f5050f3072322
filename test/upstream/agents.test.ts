import { Readable } from 'node:stream'
import { createServer } from 'node:tls'
import t from 'tap'
import type { ConnectionPhase } from '../../src/core/connection/facts.ts'
import type { UpstreamExchange } from '../../src/core/ports.ts'
import type { Connection, ConnectionOptions } from '../../src/upstream/connection.ts'
import { isClosedByPeer, type Situation, toUpstreamFault } from '../../src/upstream/fault.ts'
import { UpgradeExchange } from '../../src/upstream/handshake.ts'
import type { ConnectionPool } from '../../src/upstream/pool.ts'
import { RequestExchange } from '../../src/upstream/request-exchange.ts'
import { freePort, portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { answerHeads } from '../support/upstream.ts'
import { opened, patient, request, send, settings, upstreamFor } from './rig.ts'

t.test('S-243 certificates', async (t) => {
  const authority = createAuthority()
  const other = createAuthority()
  const leaf = authority.issue({ names: ['DNS:localhost'] })
  const upstreams = opened(t)

  t.test('of the configured authority and the right name are believed', async (t) => {
    const upstream = await upstreamFor(t, { tls: leaf })
    const to = settings(upstream.port, { scheme: 'https', hostname: 'localhost', ca: authority.certificate })
    t.strictSame(await send(upstreams, request(to)), { statusCode: 200, body: 'ok', code: null })
  })

  const refused: [string, { key: string; cert: string }, string, string | null][] = [
    [
      'signed by somebody else',
      other.issue({ names: ['DNS:localhost'] }),
      'localhost',
      authority.certificate,
    ],
    ['of no authority that the system knows', leaf, 'localhost', null],
    [
      'for another name',
      authority.issue({ names: ['DNS:other.example'] }),
      'localhost',
      authority.certificate,
    ],
    ['for a name where an address was asked for', leaf, '127.0.0.1', authority.certificate],
    [
      'out of date',
      authority.issue({ names: ['DNS:localhost'], expired: true }),
      'localhost',
      authority.certificate,
    ],
  ]
  for (const [name, tls, hostname, ca] of refused) {
    t.test(`${name} are refused before a byte of HTTP`, async (t) => {
      const upstream = await upstreamFor(t, { tls })
      const to = settings(upstream.port, { scheme: 'https', hostname, ca })
      t.equal((await send(upstreams, request(to))).code, 'UPSTREAM_TLS')
      t.equal(upstream.received(), '')
    })
  }

  t.test('are held against the upstream, not against the Host that is sent (preserve_host)', async (t) => {
    const upstream = await upstreamFor(t, { tls: leaf })
    const to = settings(upstream.port, { scheme: 'https', hostname: 'localhost', ca: authority.certificate })
    const headers = ['Host', 'wiki.example.com']
    t.equal((await send(upstreams, request(to, { headers }))).statusCode, 200)
    t.match(upstream.received(), 'host: wiki.example.com')
  })

  t.test('of an address are held against the address, whatever Host is sent', async (t) => {
    const named = ['Host', 'wiki.example.com']
    const upstream = await upstreamFor(t, { tls: authority.issue({ names: ['IP:127.0.0.1'] }) })
    const to = settings(upstream.port, { scheme: 'https', ca: authority.certificate })
    t.equal((await send(upstreams, request(to))).statusCode, 200)
    t.equal((await send(upstreams, request(to, { headers: named }))).statusCode, 200)
    const other = await upstreamFor(t, { tls: authority.issue({ names: ['DNS:wiki.example.com'] }) })
    const toOther = settings(other.port, { scheme: 'https', ca: authority.certificate })
    t.equal((await send(upstreams, request(toOther, { headers: named }))).code, 'UPSTREAM_TLS')
    t.equal(other.received(), '')
  })

  t.test('of an IPv6 address too', async (t) => {
    const server = createServer(authority.issue({ names: ['IP:::1'] }), (socket) => {
      socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve))
    t.teardown(() => server.close())
    const ca = authority.certificate
    const to = settings(portOf(server), { scheme: 'https', hostname: '[::1]', ca })
    t.equal((await send(upstreams, request(to))).statusCode, 200)
  })

  t.test('that fail are no sockets for WebSockets either', async (t) => {
    const upstream = await upstreamFor(t, { tls: leaf })
    const to = settings(upstream.port, { scheme: 'https', hostname: 'localhost', ca: null })
    await t.rejects(upstreams.upgrade(request(to), new AbortController().signal), { code: 'UPSTREAM_TLS' })
    t.equal(upstream.received(), '')
  })
})

t.test('S-249 proxies in the environment are not for requests that bear the secret', async (t) => {
  const upstream = await upstreamFor(t)
  const elsewhere = await upstreamFor(t)
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
    const before = process.env[name]
    process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${elsewhere.port}`
    t.teardown(async () => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  t.equal((await send(opened(t), request(settings(upstream.port)))).statusCode, 200)
  t.match(upstream.received(), 'canary')
  t.equal(elsewhere.connections.length, 0)
})

t.test('a request is sent once', async (t) => {
  t.test('S-232 S-233 whatever the answer', async (t) => {
    const upstreams = opened(t)
    for (const answer of [
      'HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.1 302 F\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n',
    ]) {
      const upstream = await upstreamFor(t, { answer: answerHeads(answer) })
      await send(upstreams, request(settings(upstream.port)))
      t.equal(upstream.requests(), 1)
    }
  })

  t.test('two at a time go over two connections: nothing is queued behind another answer', async (t) => {
    const upstream = await upstreamFor(t, { answer: () => null })
    const upstreams = opened(t)
    const both = [1, 2].map(() => send(upstreams, request(settings(upstream.port))))
    await upstream.until(() => upstream.requests() === 2)
    t.equal(upstream.connections.length, 2)
    for (const { socket } of upstream.connections) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    t.match(await Promise.all(both), [{ statusCode: 200 }, { statusCode: 200 }])
  })
})

t.test('an exchange', async (t) => {
  t.test('that is cancelled closes its connection, and the sink hears no more', async (t) => {
    const upstream = await upstreamFor(t, { answer: () => null })
    const heard: string[] = []
    const exchange: UpstreamExchange = opened(t).request(request(settings(upstream.port)), {
      head: () => heard.push('head'),
      data: () => true,
      end: () => heard.push('end'),
      failed: () => heard.push('failed'),
    })
    await upstream.until(() => upstream.requests() === 1)
    exchange.cancel()
    await upstream.until(() => upstream.connections[0]?.closed === true)
    exchange.cancel()
    exchange.resume()
    t.strictSame(heard, [])
  })

  t.test('tells the one head that is the answer’s, and no interim one', async (t) => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'
    const upstream = await upstreamFor(t, {
      answer: () => `${interim}HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n`,
    })
    const heads: unknown[] = []
    await new Promise<void>((resolve) => {
      opened(t).request(request(settings(upstream.port)), {
        head: ({ statusCode, reasonPhrase }) => heads.push([statusCode, reasonPhrase]),
        data: () => true,
        end: resolve,
        failed: () => resolve(),
      })
    })
    t.same(heads, [[201, 'Made']])
  })

  t.test('that is cancelled while it connects sends nothing', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t)
    const to = settings(upstream.port)
    const sink = { head: () => t.fail('an answer'), data: () => true, end: () => {}, failed: () => {} }
    upstreams.request(request(to, { path: '/cancelled' }), sink).cancel()
    t.equal((await send(upstreams, request(to, { path: '/next' }))).statusCode, 200)
    t.notMatch(upstream.received(), '/cancelled')
  })

  t.test('fails with what its body fails with', async (t) => {
    const upstream = await upstreamFor(t, { answer: () => null })
    const body = new Readable({ read() {} })
    body.push('half')
    const outcome = send(opened(t), request(settings(upstream.port), { method: 'POST', body }))
    await upstream.until(() => upstream.received().includes('half'))
    body.destroy(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
    t.equal((await outcome).code, 'UPSTREAM_ABORTED')
    await upstream.until(() => upstream.connections[0]?.closed === true)
  })

  t.test('stops while the sink wants no more', async (t) => {
    const upstream = await upstreamFor(t, {
      answer: answerHeads('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n'),
    })
    const heard: string[] = []
    const ended = new Promise<void>((resolve) => {
      const exchange = opened(t).request(request(settings(upstream.port)), {
        head: () => {},
        data: (chunk) => {
          heard.push(chunk.toString())
          if (heard.length > 1) return true
          upstream.connections[0]?.socket.write('3\r\ntwo\r\n0\r\n\r\n')
          setTimeout(() => {
            t.strictSame(heard, ['one'])
            exchange.resume()
          }, 100)
          return false
        },
        end: resolve,
        failed: () => t.fail('a fault'),
      })
    })
    await ended
    t.strictSame(heard, ['one', 'two'])
  })

  t.test('never throws, whatever it is asked to send', async (t) => {
    const upstream = await upstreamFor(t)
    for (const more of [
      { path: '/a b' },
      { headers: ['X-A', 'a\r\nb'] },
      { headers: ['Expect', 'x'] },
      { method: 'G T' },
    ]) {
      t.not((await send(opened(t), request(settings(upstream.port), more))).code, null)
    }
    t.equal(upstream.received(), '')
  })
})

t.test('time-outs and addresses that do not answer', async (t) => {
  const upstreams = opened(t)
  t.test('a name that does not resolve', async (t) => {
    const to = settings(80, { hostname: 'no-such-host.invalid' })
    t.equal((await send(upstreams, request(to))).code, 'UPSTREAM_UNREACHABLE')
  })
  t.test('a port where nobody listens', async (t) => {
    t.equal((await send(upstreams, request(settings(await freePort())))).code, 'UPSTREAM_UNREACHABLE')
  })
})

const at = (phase: ConnectionPhase): Situation => ({
  request: request(settings(8000)),
  phase,
  reached: null,
})

t.test('faults are told apart by code', async (t) => {
  const unreachable = (code: string): [string, string] => [code, 'UPSTREAM_UNREACHABLE']
  const codes: [string, string][] = [
    ['UND_ERR_HEADERS_TIMEOUT', 'UPSTREAM_TIMEOUT'],
    ['UND_ERR_BODY_TIMEOUT', 'UPSTREAM_TIMEOUT'],
    ['UND_ERR_CONNECT_TIMEOUT', 'UPSTREAM_TIMEOUT'],
    ['ETIMEDOUT', 'UPSTREAM_TIMEOUT'],
    ...['ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENOTFOUND', 'ENOENT', 'EACCES'].map(
      unreachable,
    ),
    ...['EAI_AGAIN', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE'].map(unreachable),
    ['UND_ERR_SOCKET', 'UPSTREAM_ABORTED'],
    ['UND_ERR_ABORTED', 'UPSTREAM_ABORTED'],
    ['UND_ERR_DESTROYED', 'UPSTREAM_ABORTED'],
    ['ECONNRESET', 'UPSTREAM_ABORTED'],
    ['EPIPE', 'UPSTREAM_ABORTED'],
    ['ECONNABORTED', 'UPSTREAM_ABORTED'],
    ['UND_ERR_HEADERS_OVERFLOW', 'UPSTREAM_RESPONSE_INVALID'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UPSTREAM_RESPONSE_INVALID'],
    ['ERR_INVALID_CHAR', 'UPSTREAM_RESPONSE_INVALID'],
    ['ERR_INVALID_HTTP_TOKEN', 'UPSTREAM_RESPONSE_INVALID'],
    ['HPE_INVALID_HEADER_TOKEN', 'UPSTREAM_RESPONSE_INVALID'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'UPSTREAM_TLS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'UPSTREAM_TLS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UPSTREAM_TLS'],
    ['CERT_HAS_EXPIRED', 'UPSTREAM_TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'UPSTREAM_TLS'],
    ['EPROTO', 'UPSTREAM_TLS'],
    ['UND_ERR_ABORT', 'UPSTREAM_ABORTED'],
    ['UND_ERR_CLOSED', 'UPSTREAM_ABORTED'],
    ['SOMETHING_NEW', 'UPSTREAM_UNREACHABLE'],
  ]
  for (const [code, expected] of codes) {
    const fault = toUpstreamFault(Object.assign(new Error('text'), { code }), at('connecting'))
    t.match(fault, { code: expected, cause: { code } }, code)
    if (!code.endsWith('_TIMEOUT')) t.match(fault.message, `(${code})`, 'which the log line tells')
    t.match(fault.message, /^app wiki, http:\/\/127\.0\.0\.1:8000: \S+ \S+ \S+/)
    t.notMatch(fault.message, 'text')
  }
  const refused = new AggregateError([Object.assign(new Error(), { code: 'ECONNREFUSED' })])
  t.match(toUpstreamFault(refused, at('connecting')), { code: 'UPSTREAM_UNREACHABLE' })
  const bug = new TypeError('ours')
  t.equal(toUpstreamFault(bug, at('connecting')), bug, 'a bug stays a bug')
})

t.test('once a connection was had, what is no other fault is one that broke off', async (t) => {
  for (const code of [
    'ENETDOWN',
    'EHOSTUNREACH',
    'ENOTCONN',
    'EIO',
    'ERR_STREAM_PREMATURE_CLOSE',
    'UND_ERR_INFO',
  ]) {
    const thrown = Object.assign(new Error(), { code })
    t.match(toUpstreamFault(thrown, at('connecting')), { code: 'UPSTREAM_UNREACHABLE' }, code)
    t.match(toUpstreamFault(thrown, at('asking')), { code: 'UPSTREAM_ABORTED', cause: { code } }, code)
  }
  for (const [code, expected] of [
    ['UND_ERR_BODY_TIMEOUT', 'UPSTREAM_TIMEOUT'],
    ['ERR_SSL_BAD_RECORD_TYPE', 'UPSTREAM_TLS'],
    ['HPE_INVALID_CHUNK_SIZE', 'UPSTREAM_RESPONSE_INVALID'],
  ] as const) {
    t.match(toUpstreamFault(Object.assign(new Error(), { code }), at('asking')), { code: expected }, code)
  }
})

t.test('what undici will not send is a bug of ours, and looks like one', async (t) => {
  for (const code of [
    ...['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_INVALID_RETURN_VALUE'],
    'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  ]) {
    const thrown = Object.assign(new Error(), { code })
    for (const phase of ['connecting', 'securing', 'asking', 'answering'] as const)
      t.equal(toUpstreamFault(thrown, at(phase)), thrown, code)
  }
})

t.test('undici times the answer of a request without a body, and waits for ours after one', async (t) => {
  const given: unknown[] = []
  const held = {
    dispatch: ({ headersTimeout, bodyTimeout }: Record<string, unknown>) =>
      given.push([headersTimeout, bodyTimeout]),
  } as unknown as Connection
  const sink = { head: () => {}, data: () => true, end: () => {}, failed: () => {} }
  const pool = { acquire: () => () => {} } as unknown as ConnectionPool
  for (const body of [null, Readable.from(['x'])]) {
    const timeouts = { ...patient, responseSeconds: 3, idleSeconds: 2 }
    const what = request(settings(1), { timeouts, method: 'POST', body })
    new RequestExchange(what, {} as ConnectionOptions, pool, sink).acquired(held)
  }
  t.same(given, [
    [3000, 2000],
    [0, 2000],
  ])
})

t.test('whoever watches a body hears when pieces of it were written, and when all was', async (t) => {
  const heard: string[] = []
  const watched = {
    dispatch: () => {},
    dispatched: () => ({ atMs: 0, reused: false, bytesRead: 0 }),
    watchSending: () => ({
      wrote: () => heard.push('piece'),
      wroteAll: () => heard.push('all'),
      stop: () => heard.push('stop'),
    }),
  } as unknown as Connection
  const sink = { head: () => {}, data: () => true, end: () => {}, failed: () => {} }
  const pool = { acquire: () => () => {}, release: () => {} } as unknown as ConnectionPool
  const what = request(settings(1), { method: 'POST', body: Readable.from(['x']) })
  const exchange = new RequestExchange(what, {} as ConnectionOptions, pool, sink)
  exchange.acquired(watched)
  exchange.onConnect(() => {})
  exchange.onBodySent()
  exchange.onRequestSent()
  t.same(heard, ['piece', 'all'])
  exchange.onHeaders(200, [], () => {}, 'OK')
  t.same(heard, ['piece', 'all', 'stop'], 'the answer is there')
})

t.test('an exchange and a handshake know whether a connection was had', async (t) => {
  const gone = () => Object.assign(new Error(), { code: 'ENETDOWN' })
  const connection = () =>
    ({
      busy: true,
      dispatch: () => {},
      dispatched: () => ({ atMs: 0, reused: false, bytesRead: 0 }),
      watchSending: () => null,
      end: () => {},
    }) as unknown as Connection
  const pool = { acquire: () => () => {}, replace: connection } as unknown as ConnectionPool
  const options = {} as ConnectionOptions
  for (const [connects, expected] of [
    [0, 'UPSTREAM_UNREACHABLE'],
    [1, 'UPSTREAM_ABORTED'],
  ] as const) {
    const faults: unknown[] = []
    const sink = {
      head: () => {},
      data: () => true,
      end: () => {},
      failed: (fault: Error) => faults.push(fault),
    }
    const exchange = new RequestExchange(request(settings(1)), options, pool, sink)
    exchange.acquired(connection())
    if (connects > 0) exchange.onConnect(() => {})
    exchange.onError(gone())
    t.match(faults, [{ code: expected }])

    const outcomes: unknown[] = []
    const handshake = new UpgradeExchange(request(settings(1)), options, 'key', (outcome) =>
      outcomes.push(outcome),
    )
    handshake.start(pool)
    handshake.acquired(connection())
    if (connects > 0) handshake.onConnect()
    handshake.onError(gone())
    t.match(outcomes, [{ code: expected }])
  }
  const again: unknown[] = []
  const stale = {
    ...connection(),
    dispatched: () => ({ atMs: 0, reused: true, bytesRead: 0 }),
    silentSince: () => true,
  }
  const sink = {
    head: () => {},
    data: () => true,
    end: () => {},
    failed: (fault: Error) => again.push(fault),
  }
  const exchange = new RequestExchange(request(settings(1)), options, pool, sink)
  exchange.acquired(stale as unknown as Connection)
  exchange.onConnect(() => {})
  exchange.onError(Object.assign(new Error(), { code: 'ECONNRESET' }))
  t.same(again, [], 'it is sent once more')
  exchange.onError(gone())
  t.match(again, [{ code: 'UPSTREAM_UNREACHABLE' }], 'on a connection that was not had')
})

t.test('who ended a connection is told from what ended by a time-out or by us', async (t) => {
  for (const [code, byPeer] of [
    ['UND_ERR_SOCKET', true],
    ['ECONNRESET', true],
    ['EPIPE', true],
    ['UND_ERR_ABORTED', false],
    ['UND_ERR_HEADERS_TIMEOUT', false],
    ['ECONNREFUSED', false],
  ] as const) {
    t.equal(isClosedByPeer(Object.assign(new Error(), { code })), byPeer, code)
  }
})
