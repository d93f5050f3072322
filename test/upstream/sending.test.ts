// How long an app may take with a request that has a body: by a clock that stands still until a test moves it on.
import { createServer, type Socket } from 'node:net'
import { Readable, Writable } from 'node:stream'
import t from 'tap'
import { Sending } from '../../src/upstream/sending.ts'
import { portOf } from '../support/ports.ts'
import { heldTiming } from '../support/timing.ts'
import { poll } from '../support/waiting.ts'
import { begin, opened, patient, request, settings } from './rig.ts'

const limits = { idleMs: 1000, responseMs: 100 }

/** A socket that takes what is written when the test says so. */
function heldSocket() {
  const taken: (() => void)[] = []
  const socket = new Writable({
    highWaterMark: 2,
    write: (_chunk, _encoding, done) => void taken.push(done),
  })
  return {
    socket,
    take: async () => {
      taken.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function watch() {
  const { socket, take } = heldSocket()
  const timing = heldTiming()
  const faults: string[] = []
  const sending = new Sending(socket, timing, limits, {
    onGone: () => {},
    onFault: (fault) => faults.push(fault),
  })
  const write = (text: string): void => {
    socket.write(text)
    sending.wrote()
  }
  return { socket, take, timing, faults, sending, write }
}

t.test('while the client is slow nothing is timed', async (t) => {
  const { write, take, timing, faults } = watch()
  write('a')
  t.equal(timing.waiting(), 0, 'the system took it at once')
  await take()
  timing.pass(1_000_000)
  t.same(faults, [])
})

t.test('an app that takes nothing is given up after its idle time, told once', async (t) => {
  const { write, timing, faults } = watch()
  write('abc')
  timing.pass(500)
  write('def')
  timing.pass(499)
  t.same(faults, [], 'and a further piece does not begin the time anew')
  timing.pass(1)
  t.same(faults, ['nothing-taken'])
  t.equal(timing.waiting(), 0)
})

t.test('one that takes it slowly is not, and its time to answer begins behind the last byte', async (t) => {
  const { write, take, timing, faults, sending } = watch()
  for (let i = 0; i < 5; i++) {
    write('abc')
    timing.pass(999)
    await take()
    t.equal(timing.waiting(), 0)
  }
  write('end')
  sending.wroteAll()
  timing.pass(999)
  t.same(faults, [])
  await take()
  timing.pass(99)
  t.same(faults, [])
  timing.pass(1)
  t.same(faults, ['nothing-answered'])
})

t.test('a body that the system has already begins the time to answer at once', async (t) => {
  const { write, take, timing, faults, sending } = watch()
  write('abc')
  await take()
  sending.wroteAll()
  timing.pass(100)
  t.same(faults, ['nothing-answered'])
})

t.test(
  'a small last piece, for which no socket asks to be waited for, begins the time to answer too',
  async (t) => {
    const { write, take, timing, faults, sending } = watch()
    write('a')
    sending.wroteAll()
    timing.pass(99)
    t.same(faults, [])
    await take()
    timing.pass(1)
    t.same(faults, ['nothing-answered'])
    t.equal(timing.waiting(), 0)
  },
)

t.test('an answer ends it, whatever the socket does then', async (t) => {
  const { socket, write, take, timing, faults, sending } = watch()
  write('abc')
  sending.stop()
  sending.wroteAll()
  await take()
  timing.pass(10_000)
  t.same(faults, [])
  t.equal(timing.waiting(), 0)
  t.equal(socket.listenerCount('drain'), 0)
})

t.test('an upload that the app reads slowly lives, and ends when it then does not answer', async (t) => {
  let connection: Socket | undefined
  let received = 0
  const app = createServer((socket) => {
    connection = socket
    socket.on('error', () => {})
    socket.pause()
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>((resolve) => app.close(() => resolve())))
  const timing = heldTiming()
  const size = 32 * 1024 * 1024
  const body = Readable.from([Buffer.alloc(size, 'x')])
  const { outcome } = begin(
    opened(t, timing),
    request(settings(portOf(app)), {
      timeouts: { ...patient, responseSeconds: 2, idleSeconds: 2 },
      method: 'POST',
      body,
      headers: ['Host', 'app', 'Content-Length', String(size)],
    }),
  )
  await poll('the app to be waited for', timing.waiting, (count) => count === 1)
  timing.pass(1999)
  connection?.on('data', (piece: Buffer) => {
    received += piece.length
  })
  connection?.resume()
  await poll(
    'the whole body',
    () => received,
    (bytes) => bytes > size,
  )
  await poll('the time to answer to begin', timing.waiting, (count) => count === 1)
  timing.pass(1999)
  timing.pass(1)
  t.match(await outcome, { statusCode: null, code: 'UPSTREAM_TIMEOUT' })
})
