import { execFileSync } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { SessionStore } from '../../../src/core/ports.ts'
import { startMuteProxy } from '../../support/mute-proxy.ts'
import { freePort, portOf } from '../../support/ports.ts'
import { startRedis } from '../../support/redis.ts'
import { poll } from '../../support/waiting.ts'
import { sessionOf } from '../contract.ts'
import { faultOf } from '../sqlite-store.ts'
import { every, impatient, openRedis, singleSettings } from './redis-store.ts'

/** Until the store answers again; that it does is what a test is about. */
async function back(store: SessionStore): Promise<void> {
  await poll(
    'a store that answers',
    () => faultOf(() => store.check()),
    (fault) => fault === 'nothing',
  )
}

t.test('the store opens while Redis is away, says so in each call, and works once it is there', async (t) => {
  const port = await freePort()
  const store = openRedis(t, singleSettings(port, { keyPrefix: 'p:' }))
  const away = `STORE_UNAVAILABLE: the session store redis 127.0.0.1:${port} refuses the connection: nobody listens there`
  for (const [name, call] of every(store)) t.equal(await faultOf(call), away, name)
  const server = await startRedis(t, { port })
  await back(store)
  for (const [name, call] of every(store)) t.equal(await faultOf(call), 'nothing', name)
  await server.stop('SIGKILL')
  t.match(await faultOf(() => store.load('k1')), /^STORE_UNAVAILABLE: .*(closed|refuses) the connection/)
  await startRedis(t, { port })
  await back(store)
  t.equal(await store.load('k1'), null, 'a Redis without a disk has forgotten it')
})

t.test('a Redis that is frozen, or pauses its clients, is away, and comes back by itself', async (t) => {
  const server = await startRedis(t)
  const settings = singleSettings(server.port)
  await openRedis(t, settings).save(sessionOf('k1'), 2000)
  const store = openRedis(t, settings, impatient)
  await back(store)
  server.signal('SIGSTOP')
  for (let call = 0; call < 3; call++)
    t.match(await faultOf(() => store.load('k1')), /does not answer within a second$/)
  const answered = () =>
    poll(
      'an answer',
      async () => {
        try {
          return await store.load('k1')
        } catch {
          return 'nothing yet'
        }
      },
      (answer) => answer !== 'nothing yet',
    )
  server.signal('SIGCONT')
  t.not(await answered(), null)
  execFileSync('redis-cli', ['-p', String(server.port), 'CLIENT', 'PAUSE', '4000', 'ALL'])
  t.match(await faultOf(() => store.load('k1')), /does not answer within a second$/)
  t.not(await answered(), null)
})

/** Answers each connection with what `answer` does to it. */
async function hostile(t: Test, answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return portOf(server)
}

t.test('a server that answers garbage is a fault, whatever it is, and ends nothing of ours', async (t) => {
  const answers: readonly (readonly [string, string])[] = [
    ['no RESP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a reply too many', '+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n'],
    ['another type', ':1\r\n'],
    ['an error', '-WHAT is this\r\n'],
    ['an error without a word', '-\r\n'],
    ['nothing', '$-1\r\n'],
    ['an array without end', '*2147483647\r\n'],
    ['a depth without end', '*1\r\n'.repeat(100_000)],
    ['a length that is none', '$abc\r\n'],
    ['a negative length', '$-2\r\n'],
  ]
  for (const [name, answer] of answers) {
    const port = await hostile(t, (socket) => socket.on('data', () => socket.write(answer)))
    const store = openRedis(t, singleSettings(port), impatient)
    for (const call of [() => store.load('k1'), () => store.save(sessionOf('k1'), 2000)]) {
      const fault = await faultOf(call)
      t.match(fault, /^STORE_(UNAVAILABLE|INVALID): the session store redis/, `${name}: ${fault}`)
    }
    await store.close()
  }
})

t.test('an answer that never ends takes no memory for longer than a second', async (t) => {
  let written = 0
  const port = await hostile(t, (socket) => {
    socket.once('data', () => {
      socket.write('$536870912\r\n')
      const more = (): void => {
        if (socket.destroyed) return
        written += 65_536
        socket.write(Buffer.alloc(65_536), () => setTimeout(more, 1))
      }
      more()
    })
  })
  const store = openRedis(t, singleSettings(port), impatient)
  t.match(await faultOf(() => store.load('k1')), /does not answer within a second$/)
  await store.close()
  t.ok(written > 0)
})

t.test('a question on a connection that fell silent is asked once more on a new one', async (t) => {
  const { port } = await startRedis(t)
  const proxy = await startMuteProxy(port)
  t.teardown(() => proxy.close())
  let nowMs = 0
  const clock = { now: () => 900, monotonicMs: () => nowMs }
  const [store, other] = [
    openRedis(t, { ...singleSettings(proxy.port), keyPrefix: 'p:' }, { answerMs: 3000, clock }),
    openRedis(t, { ...singleSettings(port), keyPrefix: 'p:' }),
  ]
  await store.save(sessionOf('k1'), 2000)
  await other.drop('k1')
  proxy.mute('those of now')
  const first = faultOf(() => store.load('k1'))
  // By the clock of the store it is asked 300 ms before the first one is given up, and the connection with it.
  nowMs = 700
  const second = store.load('k1')
  nowMs = 1000
  t.equal(await second, null)
  t.match(await first, /does not answer within a second$/)
})

t.test('a call on a store that was closed is a fault', async (t) => {
  const { port } = await startRedis(t)
  const store = openRedis(t, singleSettings(port))
  await store.check()
  await store.close()
  t.match(await faultOf(() => store.load('k1')), /^STORE_UNAVAILABLE/)
})
