import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import type { ListenSettings } from '../../../src/core/gateway.ts'
import { Secret } from '../../../src/core/secret.ts'
import { cutOf } from '../../../src/http/server/cut-answer.ts'
import { createServer } from '../../../src/http/server/server.ts'
import { useCertificates } from '../../../src/http/server/tls.ts'
import { portOf } from '../../support/ports.ts'
import { rawClient, statusOf } from '../../support/raw.ts'
import { createAuthority } from '../../support/tls.ts'

const limits = { silenceMs: 300, checkEveryMs: 50, unreadMs: 300 }
const page = 'a'.repeat(12 * 1024)

/** A server that answers `ok`, and the sockets that it holds. */
async function start(tls: ListenSettings['tls'] = []) {
  const listen: ListenSettings = {
    host: '127.0.0.1',
    port: 0,
    socketPath: null,
    mode: null,
    tls,
    clientCa: null,
    asksCertificates: false,
  }
  const unreadable: string[] = []
  const answered = new EventEmitter()
  const cuts: unknown[] = []
  const server = createServer(
    listen,
    limits,
    (_request, _response, next) => next(),
    (request, response) => {
      response.on('close', () => {
        if (!response.writableFinished) cuts.push(cutOf(request))
        answered.emit(request.url ?? '')
      })
      response.end(request.url === '/' ? 'ok' : page)
    },
    (code) => unreadable.push(code),
  )
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const renew = (pairs: ListenSettings['tls']) => useCertificates(server, { ...listen, tls: pairs })
  return { port: portOf(server), sockets, answered, cuts, unreadable, renew }
}

/** How many are still held, when all that close have closed; the server hears of it after the client. */
async function held(sockets: ReadonlySet<Socket>): Promise<number> {
  await Promise.all([...sockets].filter((socket) => socket.destroyed).map((socket) => once(socket, 'close')))
  return [...sockets].filter((socket) => !socket.destroyed).length
}

t.test('S-230: sockets that say nothing, or their headers letter by letter, are closed', async (t) => {
  const { port, sockets, unreadable } = await start()
  const silent = await Promise.all(Array.from({ length: 50 }, () => rawClient(port)))
  const dripping = await Promise.all(
    Array.from({ length: 20 }, () => rawClient(port, 'GET / HTTP/1.1\r\nHost: a\r\n')),
  )
  const drip = setInterval(() => {
    for (const client of dripping) client.write('a')
  }, 20)
  t.teardown(() => clearInterval(drip))
  const others = await rawClient(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.equal(statusOf(await others.closed()), 200, 'others are served meanwhile')
  // Two watches end at the same time; the one that looks at headers says 408.
  for (const client of silent) t.match(await client.closed(), /^HTTP\/1\.1 408 |^$/)
  for (const client of dripping) t.match(await client.closed(), /^HTTP\/1\.1 408 |^$/)
  t.ok(unreadable.includes('ERR_HTTP_REQUEST_TIMEOUT'), 'and it is in the log')
  t.equal(await held(sockets), 0, 'nothing is held')
})

t.test(
  'bytes that are no request are told what is wrong with them, and the connection is over',
  async (t) => {
    const { port, unreadable } = await start()
    const told = ['HPE_INVALID_METHOD', 'HPE_HEADER_OVERFLOW'] as const
    for (const [bytes, answer] of [
      ['\x00\x01\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
      [
        `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
        'HTTP/1.1 431 Request Header Fields Too Large',
      ],
    ] as const) {
      const client = await rawClient(port, bytes)
      t.equal(
        await client.closed(),
        `${answer}\r\nConnection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 0\r\n\r\n`,
      )
    }
    t.same(unreadable, told, 'each once, in however many pieces it came')
  },
)

t.test('S-230: a second request that drips is no better than a first', async (t) => {
  const { port } = await start()
  const client = await rawClient(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/ok$/)
  client.write('GET / HTTP/1.1\r\n')
  const drip = setInterval(() => client.write('a'), 20)
  t.teardown(() => clearInterval(drip))
  const text = await client.closed()
  t.match(text, /^HTTP\/1\.1 200 OK[\s\S]*ok(?:HTTP\/1\.1 408 [\s\S]*)?$/)
})

t.test('S-230: who asks and does not read is cut, however small each answer is', async (t) => {
  const { port, sockets, answered, cuts } = await start()
  const client = await rawClient(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/ok$/)
  client.socket.pause()
  t.teardown(() => client.destroy())
  const [socket] = sockets
  const over = new Promise((resolve) => socket?.once('close', resolve))
  // Two at a time, until one is answered that cannot go out.
  while (socket?.closed === false) {
    client.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n')
    await Promise.race([once(answered, '/second'), over])
  }
  t.same(cuts, ['ANSWER_STALLED'], 'it was not the client that left')
  t.equal(await held(sockets), 0)
})

t.test('S-230: with TLS the handshake has no longer', async (t) => {
  const leaf = createAuthority().issue({ names: ['DNS:localhost'] })
  const { port, sockets } = await start([{ certificate: leaf.cert, key: new Secret(leaf.key) }])
  const silent = await rawClient(port)
  const slow = await rawClient(port, '\x16\x03\x01')
  await Promise.all([silent.closed(), slow.closed()])
  t.equal(await held(sockets), 0)
})

t.test(
  'a certificate that was replaced serves nobody any more, in whatever order the new ones stand',
  async (t) => {
    const authority = createAuthority()
    const issue = (...names: readonly string[]) => {
      const { key, cert } = authority.issue({ names: names.map((name) => `DNS:${name}`) })
      return { certificate: cert, key: new Secret(key) }
    }
    const [a, b, wild] = [issue('a.test'), issue('b.test'), issue('*.wild.test')]
    const [newA, newB] = [issue('a.test'), issue('b.test')]
    const rows = [
      ['as at the start', [a, b], { 'a.test': a, 'b.test': b, 'B.Test': b, 'else.test': a }],
      ['the other one first', [newB, newA], { 'a.test': newA, 'b.test': newB, 'else.test': newB }],
      ['one is gone', [b], { 'a.test': b, 'b.test': b }],
      [
        'a wildcard is one label',
        [a, wild],
        { 'x.wild.test': wild, 'y.x.wild.test': a, 'wild.test': a, '.wild.test': a },
      ],
      ['the later of two for one name', [wild, a, newA], { 'a.test': newA }],
    ] as const
    const { port, renew } = await start([a, b])
    const shown = (servername: string) =>
      new Promise<string | undefined>((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerX509Certificate()?.toString())
          socket.destroy()
        })
        socket.on('error', ({ message }) => resolve(message))
      })
    for (const [why, pairs, wanted] of rows) {
      renew(pairs)
      for (const [name, pair] of Object.entries(wanted)) {
        t.equal((await shown(name))?.trim(), pair.certificate.trim(), `${why}: ${name}`)
      }
    }
  },
)
