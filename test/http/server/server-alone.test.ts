// What becomes of a connection on which something is no HTTP, or breaks: by what was asked for and answered before it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { Connection, connectionOf } from '../../../src/http/server/connection.ts'
import { createServer } from '../../../src/http/server/server.ts'
import { connectTo, settled } from '../../support/held-connection.ts'

const listen = {
  host: '127.0.0.1',
  port: 0,
  socketPath: null,
  mode: null,
  tls: [],
  clientCa: null,
  asksCertificates: false,
}
const limits = { silenceMs: 12_345, checkEveryMs: 60_000, unreadMs: 60_000 }

interface Taken {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

function serving() {
  const told: string[] = []
  const taken: Taken[] = []
  const server = createServer(
    listen,
    limits,
    (_request, _response, next) => next(),
    (request, response) => void taken.push({ request, response }),
    (code) => told.push(code),
  )
  return { server, told, taken, client: connectTo(server) }
}

const failing = (code?: string) =>
  Object.assign(new Error('for the test'), code === undefined ? {} : { code })
const whole = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'
const half = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx'
const bare = (status: string) =>
  `HTTP/1.1 ${status}\r\nConnection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 0\r\n\r\n`

t.test('before any request, and in the midst of one, it is told what is wrong', async (t) => {
  for (const before of ['', half]) {
    for (const [code, text] of [
      ['HPE_INVALID_METHOD', bare('400 Bad Request')],
      ['HPE_HEADER_OVERFLOW', bare('431 Request Header Fields Too Large')],
      ['ERR_HTTP_REQUEST_TIMEOUT', bare('408 Request Timeout')],
      ['ECONNRESET', ''],
      ['EPROTO', ''],
      [undefined, ''],
    ] as const) {
      const name = `${code} behind ${before.length} bytes`
      const { server, told, client } = serving()
      client.write(before)
      await settled()
      server.emit('clientError', failing(code), client.side)
      if (text === '') t.ok(client.side.destroyed, `${name}: at once`)
      await settled()
      t.equal(client.text(), text, name)
      t.ok(client.side.destroyed, name)
      const expected = code === 'ECONNRESET' ? [] : [code ?? 'unknown']
      t.same(told, expected, name)
      server.emit('clientError', failing('HPE_INVALID_METHOD'), client.side)
      await settled()
      t.same(told, expected, `${name}: once`)
    }
  }
})

t.test('what was asked for as a whole before it is still answered, and nothing behind it', async (t) => {
  const { server, told, taken, client } = serving()
  client.write(whole)
  await settled()
  server.emit('clientError', failing('HPE_INVALID_METHOD'), client.side)
  await settled()
  t.notOk(client.ended())
  t.equal(client.text(), '')
  t.ok(client.side.isPaused())
  taken[0]?.response.end('ok')
  await settled()
  t.match(client.text(), /\r\n\r\nok$/)
  t.ok(client.side.destroyed)
  t.same(told, ['HPE_INVALID_METHOD'])
})

t.test('a connection that breaks is over, whatever was asked for', async (t) => {
  const { server, client } = serving()
  client.write(whole)
  await settled()
  server.emit('clientError', failing('ECONNRESET'), client.side)
  t.ok(client.side.destroyed)
})

t.test(
  'nothing is written into an answer that has begun, nor before one that is still to come',
  async (t) => {
    const begun = serving()
    begun.client.write(half)
    await settled()
    begun.taken[0]?.response.writeHead(200, { 'content-length': '5' }).write('a')
    await settled()
    begun.server.emit('clientError', failing('HPE_INVALID_CHUNK_SIZE'), begun.client.side)
    t.ok(begun.client.side.destroyed)
    t.match(begun.client.text(), /\r\n\r\na$/)
    const two = serving()
    two.client.write(whole + half)
    await settled()
    two.server.emit('clientError', failing('HPE_INVALID_CHUNK_SIZE'), two.client.side)
    t.ok(two.client.side.destroyed)
    t.equal(two.client.text(), '')
  },
)

t.test('a client that breaks off behind its answer is nobody’s to tell', async (t) => {
  const { server, told, taken, client } = serving()
  client.write(whole.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n'))
  await settled()
  taken[0]?.response.setHeader('connection', 'keep-alive').end('ok')
  await settled()
  client.side.end()
  server.emit('clientError', failing('ECONNRESET'), client.side)
  t.ok(client.side.destroyed)
  t.same(told, [])
  const unended = serving()
  unended.server.emit('clientError', failing('ECONNRESET'), unended.client.side)
  t.ok(unended.client.side.destroyed)
  t.same(unended.told, [], 'nothing was unreadable')
})

t.test('who takes no more is told nothing', async (t) => {
  const { server, client } = serving()
  client.side.end()
  server.emit('clientError', failing('HPE_INVALID_METHOD'), client.side)
  await settled()
  t.equal(client.text(), '')
})

t.test('each socket has the time of silence, and one connection for all that it asks', async (t) => {
  const { client, taken, server } = serving()
  t.same(client.settings.find(([name]) => name === 'timeout')?.slice(0, 2), ['timeout', 12_345])
  const cut = client.settings.find(([name]) => name === 'timeout')?.[2]
  client.write(whole)
  await settled()
  const { socket } = taken[0]?.request ?? {}
  const connection = socket === undefined ? null : connectionOf(socket)
  t.ok(connection instanceof Connection)
  client.write(whole)
  await settled()
  t.equal(taken.length, 1, 'the second waits for the first')
  taken[0]?.response.end()
  await settled()
  t.equal(server.listening, false)
  t.match(client.text(), /\r\nConnection: close\r\n/, 'a server that does not listen any more keeps none')
  if (typeof cut === 'function') cut()
  t.ok(client.side.destroyed)
})

t.test('an upgrade is taken where nothing else is under way on its connection', async (t) => {
  for (const [before, protocol, upgraded] of [
    ['', 'websocket', true],
    ['', 'h2c', false],
    [whole, 'websocket', false],
  ] as const) {
    const { server, taken, client } = serving()
    let upgrades = 0
    server.on('upgrade', () => {
      upgrades += 1
    })
    client.write(`${before}GET /u HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`)
    await settled()
    t.equal(upgrades, upgraded ? 1 : 0, `${protocol} behind ${before.length} bytes`)
    t.equal(taken.length, upgraded ? 0 : 1)
  }
})
