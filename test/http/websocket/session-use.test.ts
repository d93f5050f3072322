// A WebSocket and its session: what of it is use, and how many a session may have.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { createTestClock } from '../../support/clock.ts'
import { rawClient, statusOf } from '../../support/raw.ts'
import { poll } from '../../support/waiting.ts'
import { accepting, connected, handshake, startFront } from './rig.ts'

const ping = '\x89\x80abcd'

t.test('data that the client sends is use of its session, once a minute', async (t) => {
  const begin = Math.floor(Date.now() / 1000)
  const clock = createTestClock(begin)
  let looks = 0
  const counted = {
    monotonicMs: () => clock.monotonicMs(),
    now: () => {
      looks += 1
      return clock.now()
    },
  }
  const front = await startFront(t, accepting(), { clock: counted })
  const client = await connected(front)
  // An hour of idle time; a text comes now and then, and the session lives on.
  for (const at of [3000, 6000, 9000]) {
    clock.time = begin + at
    client.write(`\x81\x84abcd${at}`)
    await front.upstream.until(() => front.upstream.received().endsWith(`${at}`))
  }
  clock.time = begin + 9000 + 3599
  // Nobody but the watch looks at the clock now: what would end the session has, by its second look.
  const before = looks
  await poll(
    'the watch of sessions to look twice',
    () => looks - before,
    (count) => count >= 3,
  )
  t.notOk(front.gateway.log.some(({ event }) => event === 'websocket.closed'))

  t.test('a Ping, and what the app sends, are none', async (t) => {
    client.write(ping)
    await front.upstream.until(() => front.upstream.received().endsWith(ping))
    front.upstream.connections[0]?.socket.write('\x81\x05hello', 'latin1')
    await client.until('hello')
    clock.time = begin + 9000 + 3600
    t.ok((await client.closed()).endsWith('\x88\x02\x03\xf0'))
  })
})

t.test('a session has so many WebSockets and no more', async (t) => {
  const front = await startFront(t, accepting(), { response: '1m' })
  const open = await Promise.all(Array.from({ length: limits.webSockets }, () => connected(front)))
  t.same([...new Set(open.map((client) => statusOf(client.text())))], [101])
  const more = await rawClient(front.gateway.port, handshake(front))
  const answer = await more.closed()
  t.equal(statusOf(answer), 429)
  t.match(answer, /"reason":"websocket-limit"/)
  t.match(await front.gateway.logged(({ reason }) => reason === 'websocket-limit'), { status: 429 })
  t.equal(front.upstream.connections.length, limits.webSockets, 'the app heard nothing of it')

  t.test('where nobody is signed in, the session’s bound is not asked', async (t) => {
    const client = await connected(front, { target: '/open/ws', cookie: null, origin: null })
    t.equal(statusOf(client.text()), 101)
    client.destroy()
  })

  t.test('one that ends makes room', async (t) => {
    open[0]?.destroy()
    await front.gateway.logged(({ event, location }) => event === 'websocket.closed' && location === '/ws')
    const client = await connected(front)
    t.equal(statusOf(client.text()), 101)
    client.destroy()
  })

  t.test('one that was refused by the app counts no longer', async (t) => {
    front.upstream.answerWith(() => 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n')
    for (const status of [403, 403, 403]) {
      const client = await rawClient(front.gateway.port, handshake(front))
      t.equal(statusOf(await client.closed()), status)
    }
  })
  for (const client of open) client.destroy()
})
