// What of a request is use of its session: by a clock that the test moves, the default of an hour of idle time.
import t from 'tap'
import { createTestClock } from '../../support/clock.ts'
import { type RawClient, rawClient, statusOf } from '../../support/raw.ts'
import type { Answerer } from '../../support/upstream.ts'
import { type Front, startFront } from '../websocket/rig.ts'

/** Answers a GET at once, `/download` without an end, and an upload when it has its last chunk. */
const answer: Answerer = (connection) => {
  const { received } = connection
  if (
    !received.endsWith('\r\n\r\n') ||
    (received.startsWith('POST') && !received.endsWith('\r\n0\r\n\r\n'))
  ) {
    return null
  }
  connection.received = ''
  if (received.startsWith('GET /download')) return 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin'
  return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
}

const begin = Math.floor(Date.now() / 1000)

async function ask(front: Front, line: string, more = ''): Promise<RawClient> {
  const cookie = `Cookie: ${front.alice.cookie}`
  return rawClient(front.gateway.port, `${line} HTTP/1.1\r\nHost: ${front.host}\r\n${cookie}\r\n${more}\r\n`)
}

async function click(front: Front): Promise<number> {
  const client = await ask(front, 'GET /page', 'Connection: close\r\n')
  return statusOf(await client.closed())
}

t.test('a body that the client sends is use, once a minute', async (t) => {
  const clock = createTestClock(begin)
  const front = await startFront(t, answer, { clock })
  const upload = await ask(front, 'POST /upload', 'Transfer-Encoding: chunked\r\n')
  for (const at of [3000, 6000, 9000]) {
    clock.time = begin + at
    upload.write(`4\r\n${at}\r\n`)
    await front.upstream.until(() => front.upstream.received().includes(`${at}`))
  }
  clock.time = begin + 9000 + 3599
  t.equal(await click(front), 200)
  upload.write('0\r\n\r\n')
  t.match(await upload.until('ok'), /^HTTP\/1\.1 200 /)
  upload.destroy()
})

t.test('an answer that is only read is none', async (t) => {
  const clock = createTestClock(begin)
  const front = await startFront(t, answer, { clock })
  // Later than the session, which was made by another clock.
  const asked = begin + 1000
  clock.time = asked
  const download = await ask(front, 'GET /download')
  await download.until('begin')
  for (const at of [1800, 3599]) {
    clock.time = asked + at
    front.upstream.connections[0]?.socket.write('x'.repeat(10))
    await download.until('x')
  }
  clock.time = asked + 3600
  t.equal(await click(front), 401)
  download.destroy()
})

t.test(
  'after a long download the next click is signed in, when there was another within the time',
  async (t) => {
    const clock = createTestClock(begin)
    const front = await startFront(t, answer, { clock })
    const download = await ask(front, 'GET /download')
    await download.until('begin')
    clock.time = begin + 3000
    t.equal(await click(front), 200)
    clock.time = begin + 6000
    front.upstream.connections[0]?.socket.write('x'.repeat(995))
    await download.until('x'.repeat(995))
    t.equal(await click(front), 200)
    download.destroy()
  },
)
