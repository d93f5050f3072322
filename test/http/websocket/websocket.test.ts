import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { closeFrame, createFrameTracker } from '../../../src/http/websocket/frames.ts'
import { exchange, rawClient, statusOf } from '../../support/raw.ts'
import type { Answerer, Connection } from '../../support/upstream.ts'
import {
  type Asking,
  accept,
  accepting,
  ask,
  connected,
  handshake,
  key,
  sharedSecret,
  startFront,
} from './rig.ts'

t.test('a WebSocket that may be', async (t) => {
  const front = await startFront(
    t,
    accepting('Sec-WebSocket-Protocol: chat\r\nX-App: yes\r\nX-Powered-By: x\r\n'),
  )
  const client = await connected(front, {
    more: 'X-Forwarded-User: evil\r\nX_Forwarded_User: evil\r\nSec-WebSocket-Protocol: bearer, chat\r\n',
  })

  t.test('is accepted with the proof for the client own key, and what was negotiated', async (t) => {
    t.equal(statusOf(client.text()), 101)
    t.match(client.text(), `Sec-WebSocket-Accept: ${accept}`)
    t.match(client.text(), 'Sec-WebSocket-Protocol: chat')
    t.match(client.text(), 'X-App: yes')
    t.notMatch(client.text(), /powered/i)
  })

  t.test('S-187 brings the upstream identity and secret, and no cookie of ours', async (t) => {
    const request = front.upstream.received()
    t.match(request, 'X-Forwarded-User: alice')
    t.match(request, `X-Gateway-Secret: ${sharedSecret}`)
    t.match(request, 'Cookie: theirs=1\r\n')
    t.match(request, /upgrade: websocket/i)
    t.match(request, 'Sec-WebSocket-Protocol: bearer, chat')
    t.notMatch(request, /evil|claimgate/)
    t.notMatch(request, key, 'the nonce is our own')
  })

  t.test('passes bytes both ways', async () => {
    client.write('\x81\x82abcd##')
    await front.upstream.until(() => front.upstream.received().includes('##'))
    front.upstream.connections[0]?.socket.write('\x81\x05hello', 'latin1')
    await client.until('hello')
  })

  t.test('S-191 ends with 1008 when the session ends elsewhere', async (t) => {
    await front.alice.end()
    const text = await client.closed()
    t.ok(text.endsWith('\x88\x02\x03\xf0'))
    await front.upstream.until(() => front.upstream.connections[0]?.closed === true)
    await front.gateway.logged(({ event }) => event === 'websocket.closed')
    t.match(
      front.gateway.log.filter(({ event }) => event === 'request'),
      [{ status: 101, location: '/ws' }],
    )
    t.notMatch(JSON.stringify(front.gateway.log), 'bearer', 'S-194: an offered subprotocol may be a token')
  })
})

t.test('what is not let in', async (t) => {
  const front = await startFront(t)
  const refused: [string, Asking, number][] = [
    ['S-185 nobody signed in', { cookie: null }, 401],
    ['S-185 alice where admins are', { target: '/admin/ws' }, 403],
    ['S-186 another origin', { origin: 'https://evil.test' }, 403],
    ['S-186 the null origin', { origin: 'null' }, 403],
    ['S-186 an origin that begins like ours', { origin: `${front.origin}.evil.test` }, 403],
    ['S-186 the other scheme', { origin: front.origin.replace('http:', 'https:') }, 403],
    ['S-186 no origin', { origin: null }, 403],
    ['S-188 an authority', { target: '//evil.test/x' }, 400],
    ['S-188 a backslash', { target: '/\\evil.test/x' }, 400],
    ['S-188 a dot segment', { target: '/./admin/ws' }, 400],
    ['S-188 an encoded slash', { target: '/%2fadmin/ws' }, 400],
    ['S-189 where WebSocket is off', { target: '/page' }, 400],
    ['S-189 at an address of ours', { target: '/.auth/me' }, 400],
    ['S-189 a POST with a body', { method: 'POST', more: 'Content-Length: 2\r\n', body: 'hi' }, 400],
    ['S-189 a GET with a body', { more: 'Content-Length: 2\r\n', body: 'hi' }, 400],
    ['S-190 another version', { version: '777' }, 426],
    ['two keys', { more: `Sec-WebSocket-Key: ${key}\r\n` }, 400],
    ['a subprotocol that is no token', { more: 'Sec-WebSocket-Protocol: a b\r\n' }, 400],
  ]
  for (const [name, asking, status] of refused) {
    t.test(`${name}: ${status}`, async (t) => {
      // A second request behind it is never looked at.
      const answer = await exchange(
        front.gateway.port,
        `${handshake(front, asking)}GET /page HTTP/1.1\r\nHost: ${front.host}\r\n\r\n`,
      )
      t.equal(statusOf(answer), status)
      t.match(answer, /connection: close/i)
      t.equal(answer.match(/HTTP\/1\.1 \d/g)?.length, 1)
    })
  }
  t.test('S-190 is told the version', async (t) => {
    t.match(await ask(front, { version: '8' }), /sec-websocket-version: 13/i)
  })
  t.test('the upstream heard of none of them', async (t) => {
    t.equal(front.upstream.connections.length, 0)
  })
})

t.test('S-073 S-189 another upgrade is a plain request', async (t) => {
  const front = await startFront(t, ({ received }) =>
    received.endsWith('\r\n\r\n') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : null,
  )
  for (const upgrade of ['h2c', 'foo', 'websocket, foo']) {
    const client = await connected(front, { upgrade, more: 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n' })
    t.equal(statusOf(client.text()), 200, upgrade)
    client.destroy()
  }
  t.notMatch(front.upstream.received(), /upgrade|http2-settings|sec-websocket/i)
})

t.test('a location that is open to anyone', async (t) => {
  const front = await startFront(t)
  t.test('takes programs that say no Origin', async (t) => {
    const client = await connected(front, { target: '/open/ws', cookie: null, origin: null })
    t.equal(statusOf(client.text()), 101)
    client.destroy()
  })
  t.test('takes pages of the origins it names, and no others', async (t) => {
    const client = await connected(front, {
      target: '/open/ws',
      cookie: null,
      origin: 'https://other.example',
    })
    t.equal(statusOf(client.text()), 101)
    client.destroy()
    t.equal(statusOf(await ask(front, { target: '/open/ws', cookie: null })), 403)
  })
})

t.test('S-192 an upstream that does not open', async (t) => {
  const answers: [string, Answerer, number][] = [
    ['answers 200', () => 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret', 502],
    ['answers 600', () => 'HTTP/1.1 600 Odd\r\nContent-Length: 6\r\n\r\nsecret', 502],
    [
      'resets',
      ({ socket }) => {
        socket.resetAndDestroy()
        return null
      },
      502,
    ],
    ['never answers', () => null, 504],
    [
      'has the wrong proof',
      () =>
        `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      502,
    ],
    [
      'switches to something else',
      () => 'HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
      502,
    ],
    ['chooses a protocol that was not offered', accepting('Sec-WebSocket-Protocol: other\r\n'), 502],
    [
      'chooses an extension that was not offered',
      accepting('Sec-WebSocket-Extensions: permessage-deflate\r\n'),
      502,
    ],
  ]
  for (const [name, answer, status] of answers) {
    t.test(`${name}: ${status}, and no 101`, async (t) => {
      const front = await startFront(t, answer, status === 504 ? { response: '1s' } : {})
      const text = await ask(front, {})
      t.equal(statusOf(text), status)
      t.notMatch(text, /secret|HTTP\/1\.1 101/)
      await front.upstream.until(() => front.upstream.connections[0]?.closed === true)
    })
  }
})

t.test('a refusal of the app reaches the client with its words', async (t) => {
  const long = 64 * 1024
  const rows: [string, string, RegExp, string][] = [
    [
      'a length',
      'HTTP/1.1 403 No entry\r\nX-Why: full\r\nContent-Length: 4\r\n\r\nfull',
      /^HTTP\/1\.1 403 No entry\r\nX-Why: full\r\n/,
      'full',
    ],
    [
      'chunks',
      'HTTP/1.1 401 U\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
      /\r\nWWW-Authenticate: Basic\r\n/,
      'no',
    ],
    [
      'nothing',
      'HTTP/1.1 503 S\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n',
      /\r\nRetry-After: 9\r\n/,
      '',
    ],
    [
      'controls in its reason',
      'HTTP/1.1 403 N\u0001o\r\nContent-Length: 0\r\n\r\n',
      /^HTTP\/1\.1 403 Forbidden\r\n/,
      '',
    ],
    ['no body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', /^HTTP\/1\.1 304 /, ''],
    [
      'an address',
      'HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n',
      /\r\nLocation: \/elsewhere\r\n/,
      '',
    ],
    [
      'as much as may be',
      `HTTP/1.1 500 E\r\nContent-Length: ${long}\r\n\r\n${'x'.repeat(long)}`,
      /^HTTP\/1\.1 500 E\r\n/,
      'x'.repeat(long),
    ],
    [
      'more than that',
      `HTTP/1.1 500 E\r\nX-A: 1\r\nContent-Length: ${long + 1}\r\n\r\n${'x'.repeat(long + 1)}`,
      /\r\nX-A: 1\r\n/,
      '',
    ],
    [
      'our secret and a cookie of ours',
      `HTTP/1.1 400 ${sharedSecret}\r\nX-Echo: ${sharedSecret}\r\nSet-Cookie: claimgate-PORT=x\r\nContent-Length: 0\r\n\r\n`,
      /^HTTP\/1\.1 400 Bad Request\r\n(?!X-Echo|Set-Cookie)/,
      '',
    ],
  ]
  for (const [name, bytes, head, body] of rows) {
    let port = ''
    const front = await startFront(t, () => bytes.replace('PORT', port))
    port = front.host.split(':')[1] ?? ''
    const text = await ask(front, {})
    const end = text.indexOf('\r\n\r\n')
    t.match(text, head, name)
    t.notMatch(text.slice(0, end), /transfer-encoding|claimgate-|shared-secret/i, name)
    t.match(text.slice(0, end), /\r\nConnection: close/, name)
    t.equal(text.slice(end + 4), body, name)
    if (!text.startsWith('HTTP/1.1 304')) {
      t.equal(/content-length: (\d+)/i.exec(text)?.[1], String(body.length), name)
    }
    await front.upstream.until(() => front.upstream.connections[0]?.closed === true)
  }
})

t.test(
  'S-193 what is sent before the upstream opened is held within bounds, and beyond them cut',
  async (t) => {
    const front = await startFront(t, () => null)
    const client = await rawClient(front.gateway.port, handshake(front))
    await front.upstream.until(() => front.upstream.received().includes('\r\n\r\n'))
    // The one piece over and over: what this client queues costs nothing, what the gateway took would.
    const piece = Buffer.alloc(65536, 'x')
    for (let i = 0; i < 3200; i++) client.socket.write(piece)
    await client.closed()
    const taken = client.socket.bytesWritten - client.socket.writableLength
    t.ok(taken > 0 && taken < 16 * 1024 * 1024, `${taken} of 200 MiB were taken, by buffers of the kernel`)
    await front.upstream.until(() => front.upstream.connections[0]?.closed === true)
    t.notMatch(front.upstream.received(), /x{9}/, 'nothing of it reached the app')
  },
)

t.test('what is sent before the upstream opened, within bounds, reaches it afterwards', async (t) => {
  const agree = accepting()
  const front = await startFront(t, () => null)
  const client = await rawClient(front.gateway.port, handshake(front))
  await front.upstream.until(() => front.upstream.received().includes('\r\n\r\n'))
  client.write('x'.repeat(limits.webSocketEarlyBytes / 2))
  const connection = front.upstream.connections[0]
  if (connection !== undefined) connection.socket.write(String(agree(connection)), 'latin1')
  t.match(await client.until('101 Switching'), accept)
  // What comes behind it says when the app must have it, without a deadline.
  client.write('later')
  await front.upstream.until(() => front.upstream.received().includes('later'))
  t.ok(
    front.upstream.received().endsWith(`${'x'.repeat(limits.webSocketEarlyBytes / 2)}later`),
    'all of it, and first',
  )
  client.destroy()
})

t.test(
  'a client that is gone before its upstream answers is in the log, as the upstream heard of it',
  async (t) => {
    const agree = accepting()
    const rows: [string, (connection: Connection) => void][] = [
      ['which agrees', (connection) => void connection.socket.write(String(agree(connection)), 'latin1')],
      ['which breaks off', ({ socket }) => void socket.destroy()],
    ]
    for (const [name, answer] of rows) {
      const front = await startFront(t, () => null)
      const client = await rawClient(front.gateway.port, handshake(front))
      await front.upstream.until(() => front.upstream.received().includes('\r\n\r\n'))
      client.socket.resetAndDestroy()
      // Behind the reset, on a connection that is accepted after it came.
      await exchange(front.gateway.port, `GET / HTTP/1.1\r\nHost: ${front.host}\r\nConnection: close\r\n\r\n`)
      for (const connection of front.upstream.connections) answer(connection)
      const line = await front.gateway.logged(({ event, path }) => event === 'request' && path === '/ws')
      t.match(line, { status: 499, decision: 'allow' }, name)
      await front.upstream.until(() => front.upstream.connections.every(({ closed }) => closed))
    }
  },
)

t.test('the end', async (t) => {
  t.test('of the gateway is told as 1001', async (t) => {
    const front = await startFront(t)
    const client = await connected(front)
    await front.gateway.close()
    t.ok((await client.closed()).endsWith('\x88\x02\x03\xe9'))
  })

  t.test('of the upstream lets its last bytes through', async (t) => {
    const front = await startFront(t)
    const client = await connected(front)
    front.upstream.connections[0]?.socket.end(`\x82\x7e\x80\x00${'y'.repeat(32768)}\x88\x00`, 'latin1')
    const text = await client.closed()
    t.ok(text.endsWith('yyy\x88\x00'))
  })

  t.test('of the client is the end of its connection to the upstream', async (t) => {
    const front = await startFront(t)
    const client = await connected(front)
    client.destroy()
    await front.upstream.until(() => front.upstream.connections[0]?.closed === true)
  })

  t.test('of a session in the middle of a frame cuts the connection', async (t) => {
    const front = await startFront(t)
    const client = await connected(front)
    front.upstream.connections[0]?.socket.write('\x81\x05hel', 'latin1')
    await client.until('hel')
    await front.alice.end()
    t.ok((await client.closed()).endsWith('hel'))
  })
})

t.test('the frame tracker', async (t) => {
  t.test('tells pieces of data frames from control frames, however the bytes come', async (t) => {
    const mask = [0x80 | 2, 1, 2, 3, 4, 5, 6]
    const rows: [string, number, boolean][] = [
      ['a continuation', 0x00, true],
      ['text', 0x81, true],
      ['the beginning of a longer text', 0x01, true],
      ['binary', 0x82, true],
      ['compressed text', 0xc1, true],
      ['Close', 0x88, false],
      ['Ping', 0x89, false],
      ['Pong', 0x8a, false],
    ]
    for (const [name, first, data] of rows) {
      const frame = Buffer.from([first, ...mask])
      t.equal(createFrameTracker().pass(frame), data, name)
      const tracker = createFrameTracker()
      const pieces = [...frame.keys()].map((i) => tracker.pass(frame.subarray(i, i + 1)))
      t.equal(pieces.includes(true), data, `${name}, byte by byte`)
    }
    const tracker = createFrameTracker()
    tracker.pass(Buffer.from([0x82, 126, 1, 0]))
    t.ok(tracker.pass(Buffer.alloc(10)), 'a piece from within a data frame')
    tracker.pass(Buffer.alloc(246))
    t.notOk(tracker.pass(Buffer.from([0x89, 0])), 'a Ping behind it')
    t.ok(tracker.pass(Buffer.from([0x89, 0, 0x81, 0])), 'a text behind a Ping in one piece')
    t.notOk(tracker.pass(Buffer.alloc(0)))
  })

  const frames: [string, Buffer][] = [
    ['empty', Buffer.from([0x81, 0])],
    ['small', Buffer.from([0x81, 3, 1, 2, 3])],
    ['masked', Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5])],
    ['medium', Buffer.concat([Buffer.from([0x82, 126, 1, 0]), Buffer.alloc(256)])],
    ['large', Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65536)])],
    ['close', closeFrame(1008)],
  ]
  t.test('is at a boundary at the end of a frame and nowhere else, however the bytes come', async (t) => {
    for (const [name, frame] of frames) {
      const tracker = createFrameTracker()
      const wrong = [...frame.subarray(0, 300).keys()].filter((i) => {
        tracker.pass(frame.subarray(i, i + 1))
        return tracker.atBoundary() !== (i === frame.length - 1)
      })
      tracker.pass(frame.subarray(300))
      t.strictSame(wrong, [], name)
      t.ok(tracker.atBoundary(), name)
    }
  })
  t.test('follows many frames in one piece', async (t) => {
    const tracker = createFrameTracker()
    const all = Buffer.concat(frames.map(([, frame]) => frame))
    tracker.pass(all)
    t.ok(tracker.atBoundary())
    tracker.pass(all.subarray(0, all.length - 1))
    t.notOk(tracker.atBoundary())
  })
  t.test('follows a frame that says it is longer than any number', async (t) => {
    const tracker = createFrameTracker()
    tracker.pass(Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2]))
    t.notOk(tracker.atBoundary())
  })
})
