// How long a connection is kept that nobody uses: never longer than the app keeps it, or requests meet its end.
import t from 'tap'
import { answerHeads } from '../support/upstream.ts'
import { opened, request, send, settings, upstreamFor } from './rig.ts'

const announcing = (keepAlive: string) =>
  answerHeads(`HTTP/1.1 200 OK\r\nKeep-Alive: ${keepAlive}\r\nContent-Length: 2\r\n\r\nok`)

const timeouts = (keepAliveSeconds: number | null) => ({
  connectSeconds: 5,
  responseSeconds: 5,
  idleSeconds: 5,
  keepAliveSeconds,
  body: null,
})

t.test('an idle connection closes in the order of its time', async (t) => {
  const rows: [string, Parameters<typeof upstreamFor>[1], number | null][] = [
    ['a second, when the app announces nothing', {}, null],
    ['what is configured, when the app announces more', { answer: announcing('timeout=90') }, 1],
    ['a second less than the app announces', { answer: announcing('timeout=4, max=100') }, null],
    ['what is configured, when the app announces nothing', {}, 3],
    ['less, when the app announces less', { answer: announcing('timeout=4') }, 90],
  ]
  const closed: string[] = []
  const upstreams = opened(t)
  await Promise.all(
    rows.map(async ([name, options, keepAliveSeconds]) => {
      const upstream = await upstreamFor(t, options)
      await send(upstreams, request(settings(upstream.port), { timeouts: timeouts(keepAliveSeconds) }))
      await upstream.until(() => upstream.connections[0]?.closed === true)
      closed.push(name)
    }),
  )
  const names = rows.map(([name]) => name)
  t.same(closed.slice(0, 2).toSorted(), names.slice(0, 2).toSorted())
  t.same(closed.slice(2).toSorted(), names.slice(2).toSorted())
})

t.test('a connection is used again meanwhile', async (t) => {
  const upstream = await upstreamFor(t)
  const upstreams = opened(t)
  for (let i = 0; i < 5; i++) await send(upstreams, request(settings(upstream.port), { path: `/${i}` }))
  t.equal(upstream.connections.length, 5, 'of settings of its own each')
  const to = settings(upstream.port)
  for (let i = 0; i < 5; i++) await send(upstreams, request(to))
  t.equal(upstream.connections.length, 6)
  await send(upstreams, request(to, { timeouts: timeouts(9) }))
  t.equal(upstream.connections.length, 7, 'a location with another time has connections of its own')
})

t.test('one whose end is near is not kept at all', async (t) => {
  for (const announced of ['timeout=1', 'timeout=0']) {
    const upstream = await upstreamFor(t, { answer: announcing(announced) })
    const upstreams = opened(t)
    const to = settings(upstream.port)
    await send(upstreams, request(to))
    await upstream.until(() => upstream.connections[0]?.closed === true)
    t.equal((await send(upstreams, request(to))).statusCode, 200)
    t.equal(upstream.connections.length, 2, announced)
  }
})
