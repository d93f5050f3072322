import t from 'tap'
import { fire, type Shown } from '../support/attack.ts'
import { sharedSecret, startFront } from '../support/front.ts'
import { answerHeads, recordingUpstream } from '../support/upstream.ts'

// Answers that apps in the field give and that HTTP allows, however odd they look, byte for byte.

const app = await recordingUpstream()
const front = await startFront({
  app: (port) => `
    require: anyone
  odd:
    url: http://localhost:${port}/odd
    upstream: "http://127.0.0.1:${app.port}"
    shared_secret: ${sharedSecret}
    require: anyone
`,
})
t.teardown(async () => {
  await front.close()
  await app.close()
})

async function answered(bytes: string, method = 'GET', headers: readonly string[] = []): Promise<Shown> {
  app.answerWith(answerHeads(bytes))
  return fire(front, { target: '/odd', method, headers })
}

t.test('an answer that has no body may say how long it would be (RFC 9110 8.6, 15.4.5)', async (t) => {
  const cached = await answered('HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: "1"\r\n\r\n')
  t.equal(cached.status, 304)
  t.same(cached.values('etag'), ['"1"'])
  t.same(cached.values('content-length'), ['1234'])
  t.equal(cached.body, '')

  const empty = await answered('HTTP/1.1 204 No Content\r\nContent-Length: 17\r\nX-App: 1\r\n\r\n')
  t.equal(empty.status, 204)
  t.same(empty.values('x-app'), ['1'])
  t.same(empty.values('content-length'), [], 'a server must not say it (RFC 9110 8.6)')
  t.equal(empty.body, '')

  const zero = await answered('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n')
  t.equal(zero.status, 204)

  const head = await answered('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', 'HEAD')
  t.equal(head.status, 200)
  t.same(head.values('content-length'), ['1234'])

  const offered = 'Upgrade: h2,h2c\r\nConnection: Upgrade, close'
  const plain = await answered(`HTTP/1.1 200 OK\r\n${offered}\r\nContent-Length: 2\r\n\r\nok`)
  t.equal(plain.body, 'ok', 'Apache offers an upgrade in passing')
})

t.test('interim answers that nobody asked for are passed over (RFC 9110 15.2)', async (t) => {
  for (const interim of [
    'HTTP/1.1 102 Processing\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n',
  ]) {
    const answer = await answered(`${interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`)
    t.equal(answer.status, 200, interim)
    t.equal(answer.body, 'ok', interim)
  }
})

t.test('a status line may be odd', async (t) => {
  for (const [line, status, reason] of [
    ['HTTP/1.1 200', 200, ''],
    ['HTTP/1.1 200 ', 200, ''],
    ['HTTP/1.0 200 OK', 200, 'OK'],
    ['HTTP/1.1 299 Half\tway there', 299, 'Half\tway there'],
    ['HTTP/1.1 404 Pas trouv\u00c3\u00a9', 404, 'Pas trouv\u00c3\u00a9'],
    // No UTF-8: its bytes do not reach us, so the usual words stand for it.
    ['HTTP/1.1 404 Pas trouv\u00e9', 404, 'Not Found'],
    ['HTTP/1.1 599 \u00c3\u00a9', 599, '\u00c3\u00a9'],
    ['HTTP/1.1 203 200 OK', 203, '200 OK'],
    // No reason phrase (RFC 9112 section 4), though the parser takes it: the usual words stand for it.
    ['HTTP/1.1 404 N\u0001one', 404, 'Not Found'],
    ['HTTP/1.1 404 N\u007fone', 404, 'Not Found'],
    ['HTTP/1.1 404 \u001b[31mNone', 404, 'Not Found'],
  ] as const) {
    const answer = await answered(`${line}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`)
    t.equal(answer.status, status, line)
    t.equal(answer.body, 'ok', line)
    t.match(answer.text, new RegExp(`^HTTP/1\\.1 ${status} ${reason}\r\n`), line)
  }
})

t.test('what is no answer is a 502, and the log says what came', async (t) => {
  for (const [bytes, words] of [
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', /100 Continue/],
    [
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      /101 Switching/,
    ],
    ['HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n', /600/],
    ['HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n', /HPE/],
    ['SSH-2.0-OpenSSH_9.2\r\n', /HPE/],
  ] as const) {
    const answer = await answered(bytes)
    t.equal(answer.status, 502, bytes)
    const line = front.gateway.log.filter(({ code }) => code === 'UPSTREAM_RESPONSE_INVALID').at(-1)
    t.match(`${line?.error} ${line?.cause}`, words, bytes)
  }
})
