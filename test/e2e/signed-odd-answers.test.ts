// Answers that API Gateway, or something in its place, may give to a signed request, byte by byte: what the client gets, what is
// taken for AWS's refusal, and what becomes of the credentials.
import { createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { startLiveGateway } from '../support/live-gateway.ts'
import { portOf } from '../support/ports.ts'
import { rawClient, statusOf } from '../support/raw.ts'

/** By path: the bytes, and whether the connection ends with them. */
const answers = new Map<string, { readonly bytes: Buffer; readonly ends: boolean }>()
const sockets = new Set<Socket>()
let asked = 0
const api = createServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => {})
  let text = ''
  socket.on('data', (piece) => {
    text += piece.toString('latin1')
    if (!text.includes('\r\n\r\n')) return
    const path = /^\S+ (\S+)/.exec(text)?.[1] ?? ''
    text = ''
    asked += 1
    const answer = answers.get(path)
    if (answer === undefined) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    socket.write(answer.bytes)
    if (answer.ends) socket.end()
  })
})
await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
const gateway = await startLiveGateway(
  (url) => `
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:
  wiki:
    url: ${url}
    require: anyone
    timeouts: { idle: 3s, response: 3s }
    upstream:
      url: https://abc.execute-api.eu-west-1.amazonaws.com
      aws:
        sign: execute-api
        endpoint: "http://127.0.0.1:${portOf(api)}"
        credentials: { access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: a-secret-access-key-of-forty-characters }
`,
)
t.teardown(async () => {
  await gateway.close()
  for (const socket of sockets) socket.destroy()
  api.close()
})

async function ask(bytes: string | Buffer, { method = 'GET', ends = false } = {}): Promise<string> {
  const path = `/a${answers.size}`
  answers.set(path, { bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'), ends })
  const client = await rawClient(
    gateway.port,
    `${method} ${path} HTTP/1.1\r\nHost: localhost:${gateway.port}\r\nConnection: close\r\n\r\n`,
  )
  return client.closed()
}

const head = (status: string, ...lines: readonly string[]) =>
  `HTTP/1.1 ${status}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4)

t.test('interim answers are for the hop that asked', async (t) => {
  const final = `${head('200 OK', 'Content-Length: 2')}ok`
  for (const interim of ['102 Processing', '103 Early Hints']) {
    const text = await ask(head(interim, 'Link: </a.css>; rel=preload', 'Set-Cookie: a=b') + final)
    t.match(text, /^HTTP\/1\.1 200 OK\r\n/, interim)
    t.notMatch(text, /early|link:|set-cookie/i)
    t.equal(bodyOf(text), 'ok')
  }
  // The client below takes one that nobody waits for as a mistake of the other side.
  t.equal(statusOf(await ask(head('100 Continue') + final)), 502)
  const many = await ask(head('103 Early Hints').repeat(200) + final)
  t.equal(statusOf(many), 200)
  t.equal(statusOf(await ask(head('101 Switching Protocols', 'Upgrade: h2c', 'Connection: Upgrade'))), 502)
})

t.test('an answer ends where it says, or where its connection does', async (t) => {
  for (const [what, bytes, status, body, ends] of [
    ['304 with a length', head('304 Not Modified', 'Content-Length: 12', 'ETag: "x"'), 304, '', false],
    ['304 with chunks', head('304 Not Modified', 'Transfer-Encoding: chunked'), 304, '', false],
    ['204 with a length', head('204 No Content', 'Content-Length: 5'), 204, '', false],
    ['no length', `${head('200 OK')}to the end`, 200, 'to the end', true],
    ['HTTP/1.0', `${head('200 OK').replace('1.1', '1.0')}to the end`, 200, 'to the end', true],
    [
      'trailers',
      `${head('200 OK', 'Transfer-Encoding: chunked', 'Trailer: Set-Cookie')}2\r\nok\r\n0\r\nSet-Cookie: a=b\r\nx-amzn-errortype: ExpiredTokenException\r\n\r\n`,
      200,
      null,
      false,
    ],
  ] as const) {
    const text = await ask(bytes, { ends })
    t.equal(statusOf(text), status, what)
    if (body !== null)
      t.ok(
        bodyOf(text).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, '') === body,
        `${what}: ${JSON.stringify(text)}`,
      )
    t.notMatch(text, /set-cookie|errortype/i, what)
  }
  for (const [what, bytes] of [
    ['two lengths', `${head('200 OK', 'Content-Length: 2', 'Content-Length: 3')}abc`],
    [
      'a length and chunks',
      `${head('200 OK', 'Content-Length: 2', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
    ],
    ['a status that is none', head('99 No', 'Content-Length: 0')],
    ['one beyond all', head('600 No', 'Content-Length: 0')],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a NUL in a value', head('200 OK', 'X-A: a\0b', 'Content-Length: 0')],
  ] as const) {
    const text = await ask(bytes, { ends: true })
    t.equal(statusOf(text), 502, what)
  }
  const short = await ask(`${head('200 OK', 'Content-Length: 9')}abc`, { ends: true })
  t.notMatch(short, /\r\n0\r\n\r\n$/, 'an answer that breaks off never looks complete')
})

t.test('what API Gateway renames reaches the client as any header, and sets nothing', async (t) => {
  const text = await ask(
    `${head('200 OK', 'x-amzn-Remapped-Content-Length: 99', 'x-amzn-Remapped-Connection: keep-alive', 'x-amzn-Remapped-WWW-Authenticate: Basic realm="x"', 'x-amzn-Remapped-Date: x', 'Content-Length: 2')}ok`,
  )
  t.equal(statusOf(text), 200)
  t.equal(bodyOf(text), 'ok')
  t.notMatch(text, /^www-authenticate:/im)
  t.equal(text.match(/^connection: .*$/gim)?.join(), 'Connection: close')
})

const expired = 'x-amzn-errortype: ExpiredTokenException'
const words = '{"message":"The security token included in the request is expired"}'

t.test('a refusal is told by status and type alone, whoever wrote them', async (t) => {
  for (const status of ['200 OK', '302 Found', '500 Internal Server Error', '503 Service Unavailable']) {
    const text = await ask(`${head(status, expired, `Content-Length: ${words.length}`)}${words}`)
    t.equal(statusOf(text), Number(status.slice(0, 3)), 'the app’s, where AWS refuses by 4xx alone')
    t.equal(bodyOf(text), words)
  }
  for (const [what, bytes, ends] of [
    ['by length', `${head('403 Forbidden', expired, `Content-Length: ${words.length}`)}${words}`, false],
    ['to the end of the connection', `${head('403 Forbidden', expired)}${words}`, true],
    ['broken off', `${head('403 Forbidden', expired, 'Content-Length: 999')}${words}`, true],
    ['in HTTP/1.0', `${head('403 Forbidden', expired).replace('1.1', '1.0')}${words}`, true],
    ['without a body', head('403 Forbidden', expired, 'Content-Length: 0'), false],
    ['with a body of no end', `${head('403 Forbidden', expired)}${'x'.repeat(200_000)}`, false],
    [
      'with a bomb',
      Buffer.concat([
        Buffer.from(head('403 Forbidden', expired, 'Content-Encoding: gzip', 'Transfer-Encoding: chunked')),
        bomb(),
      ]),
      false,
    ],
    [
      'with a cookie',
      `${head('403 Forbidden', expired, 'Set-Cookie: a=b', 'Location: /x', 'Content-Length: 0')}`,
      false,
    ],
  ] as const) {
    const text = await ask(bytes, { ends })
    t.equal(statusOf(text), 502, what)
    t.notMatch(text, /security token|set-cookie|errortype|location:/i, `${what}: none of it passes`)
  }
  const toHead = await ask(head('403 Forbidden', expired, 'Content-Length: 70'), { method: 'HEAD' })
  t.equal(statusOf(toHead), 502, 'to HEAD')
  t.equal(bodyOf(toHead), '')
})

function bomb(): Buffer {
  const packed = gzipSync(Buffer.alloc(20_000_000))
  return Buffer.concat([
    Buffer.from(`${packed.length.toString(16)}\r\n`),
    packed,
    Buffer.from('\r\n0\r\n\r\n'),
  ])
}

t.test('an app that says so of itself takes no credentials from anybody', async (t) => {
  const before = asked
  for (let at = 0; at < 20; at += 1) {
    const text = await ask(head('403 Forbidden', expired, 'Content-Length: 0'))
    t.equal(statusOf(text), 502)
  }
  const text = await ask(`${head('200 OK', 'Content-Length: 2')}ok`)
  t.equal(statusOf(text), 200, 'the next request is signed as before')
  t.equal(asked - before, 21, 'and none was sent twice')
})
