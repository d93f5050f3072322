// How many connections an upstream has, and who waits for one.
import { getEventListeners } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { UpstreamRequest } from '../../src/core/ports.ts'
import { freePort } from '../support/ports.ts'
import { heldTiming } from '../support/timing.ts'
import type { RecordingUpstream } from '../support/upstream.ts'
import { begin, opened, request, send, settings, upstreamFor } from './rig.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const closing = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'

const never = () => null

/** The paths of the requests that came, in order. */
const paths = (upstream: RecordingUpstream) =>
  upstream.connections.flatMap(({ received }) =>
    [...received.matchAll(/^\S+ (\S+) HTTP\/1\.1\r$/gm)].map(([, path]) => path),
  )

/** A turn of the event loop: whatever would be given at once has been. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('an upstream has no more connections than it may', async (t) => {
  const upstream = await upstreamFor(t, { answer: never })
  const upstreams = opened(t, heldTiming())
  const to = settings(upstream.port, { maxConnections: 2 })
  const all = ['/1', '/2', '/3', '/4'].map((path) => send(upstreams, request(to, { path })))
  await upstream.until(() => upstream.requests() === 2)
  await turn()
  t.equal(upstream.connections.length, 2)

  t.test('and who waits is served in order, over a connection that becomes free', async (t) => {
    upstream.connections[0]?.socket.write(ok)
    t.equal((await all[0])?.statusCode, 200)
    await upstream.until(() => upstream.requests() === 3)
    t.same(paths(upstream).toSorted(), ['/1', '/2', '/3'])
    t.equal(upstream.connections.length, 2)
  })

  t.test('or over a new one in the place of one that closed', async (t) => {
    upstream.connections[1]?.socket.end(closing)
    t.equal((await all[1])?.statusCode, 200)
    await upstream.until(() => upstream.requests() === 4)
    t.equal(upstream.connections.length, 3)
    t.match(upstream.connections[2]?.received, /^GET \/4 /)
  })
})

t.test('of several processes each has its share, and at least one', async (t) => {
  for (const [maxConnections, processes, share] of [
    [5, 2, 2],
    [1, 3, 1],
  ] as const) {
    const upstream = await upstreamFor(t, { answer: never })
    const upstreams = opened(t, heldTiming(), processes)
    const to = settings(upstream.port, { maxConnections })
    const sent = Array.from({ length: share + 1 }, () => send(upstreams, request(to)))
    await upstream.until(() => upstream.requests() === share)
    await turn()
    t.equal(upstream.connections.length, share)
    upstream.close()
    await Promise.all(sent)
  }
})

t.test('the bound is the upstream’s', async (t) => {
  t.test('whatever connect time-out, app or edition a request is of', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const next = upstreams.renew()
    t.teardown(async () => next.close())
    const to = () => settings(upstream.port, { maxConnections: 3 })
    const timeouts = {
      connectSeconds: 9,
      responseSeconds: 2,
      idleSeconds: 2,
      keepAliveSeconds: 7,
      body: null,
    }
    const first = to()
    begin(upstreams, request(first))
    begin(upstreams, request(first, { timeouts }))
    begin(upstreams, request(to()))
    const late = [send(next, request(to())), send(upstreams, request(to()))]
    await upstream.until(() => upstream.requests() === 3)
    timing.pass(2000)
    t.match(await Promise.all(late), [{ code: 'UPSTREAM_BUSY' }, { code: 'UPSTREAM_BUSY' }])
    t.equal(upstream.connections.length, 3)
  })

  t.test('so that an idle connection of one app makes room for another', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t)
    const timeouts = {
      connectSeconds: 9,
      responseSeconds: 9,
      idleSeconds: 9,
      keepAliveSeconds: 300,
      body: null,
    }
    const of = () => settings(upstream.port, { maxConnections: 1 })
    t.equal((await send(upstreams, request(of(), { timeouts }))).statusCode, 200)
    t.equal((await send(upstreams, request(of(), { timeouts }))).statusCode, 200)
    t.equal(upstream.connections.length, 2)
    t.ok(upstream.connections[0]?.closed)
  })

  t.test('and holds for each app with its own number', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const upstreams = opened(t, heldTiming())
    const small = settings(upstream.port, { maxConnections: 1 })
    const large = settings(upstream.port, { maxConnections: 2 })
    for (const to of [small, small, large, large])
      begin(upstreams, request(to, { path: to === small ? '/small' : '/large' }))
    await upstream.until(() => upstream.requests() === 2)
    await turn()
    t.same(paths(upstream).toSorted(), ['/large', '/small'])
  })

  t.test('another upstream has its own', async (t) => {
    const full = await upstreamFor(t, { answer: never })
    const free = await upstreamFor(t)
    const upstreams = opened(t, heldTiming())
    const to = settings(full.port, { maxConnections: 1 })
    begin(upstreams, request(to))
    begin(upstreams, request(to))
    t.equal((await send(upstreams, request(settings(free.port, { maxConnections: 1 })))).statusCode, 200)
  })
})

t.test('who waits', async (t) => {
  t.test('waits two seconds and no longer', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 1 })
    begin(upstreams, request(to))
    const late = send(upstreams, request(to, { path: '/late' }))
    timing.pass(1_999)
    await turn()
    t.equal(timing.waiting(), 1)
    timing.pass(1)
    t.equal((await late).code, 'UPSTREAM_BUSY')
    await upstream.until(() => upstream.requests() === 1)
    upstream.answerWith(() => ok)
    upstream.connections[0]?.socket.write(ok)
    t.equal((await send(upstreams, request(to, { path: '/next' }))).statusCode, 200)
    t.same(paths(upstream), ['/', '/next'], 'nothing of it came later either')
  })

  t.test('is one of a hundred at most: the next is refused at once', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 1 })
    begin(upstreams, request(to))
    const waiting = Array.from({ length: 100 }, () => begin(upstreams, request(to, { path: '/waits' })))
    t.equal(timing.waiting(), 100)
    const refused = send(upstreams, request(to))
    t.equal(timing.waiting(), 100)
    t.equal((await refused).code, 'UPSTREAM_BUSY')
    waiting[50]?.exchange.cancel()
    begin(upstreams, request(to))
    t.equal(timing.waiting(), 100, 'one that left made room for one')
  })

  t.test('and leaves, is forgotten: nothing of it reaches the app', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 1 })
    const first = send(upstreams, request(to, { path: '/first' }))
    const body = new PassThrough()
    const heard: string[] = []
    const hear = (what: string) => () => void heard.push(what)
    const sink = { head: hear('head'), data: () => true, end: hear('end'), failed: hear('failed') }
    const left = upstreams.request(request(to, { path: '/left', method: 'POST', body }), sink)
    const last = send(upstreams, request(to, { path: '/last' }))
    left.cancel()
    left.cancel()
    t.ok(body.destroyed, 'its body is read by nobody')
    await upstream.until(() => upstream.requests() === 1)
    upstream.connections[0]?.socket.write(ok)
    await first
    await upstream.until(() => upstream.requests() === 2)
    upstream.connections[0]?.socket.write(ok)
    t.equal((await last).statusCode, 200)
    t.same(paths(upstream), ['/first', '/last'])
    t.same(heard, [])
    t.equal(timing.waiting(), 0)
  })

  t.test('with a body that breaks off, fails with it and leaves', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 1 })
    begin(upstreams, request(to))
    const body = new PassThrough()
    const waits = send(upstreams, request(to, { method: 'POST', body }))
    body.destroy(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
    await turn()
    t.equal(timing.waiting(), 0)
    t.equal((await waits).code, 'UPSTREAM_ABORTED')
  })

  t.test('is told when its edition closes', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 1 })
    const both = [send(upstreams, request(to)), send(upstreams, request(to))]
    await upstream.until(() => upstream.requests() === 1)
    upstreams.close()
    t.match(await Promise.all(both), [{ code: 'UPSTREAM_ABORTED' }, { code: 'UPSTREAM_ABORTED' }])
    await upstream.until(() => upstream.connections.every(({ closed }) => closed))
    t.equal(upstream.requests(), 1)
  })
})

t.test('a connection', async (t) => {
  t.test('counts until it has closed, also one that was given up while it was dialled', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t, heldTiming())
    const to = settings(upstream.port, { maxConnections: 1 })
    for (let i = 0; i < 20; i++) begin(upstreams, request(to, { path: '/given-up' })).exchange.cancel()
    t.equal((await send(upstreams, request(to))).statusCode, 200)
    t.same(paths(upstream), ['/'])
    t.ok(upstream.connections.length <= 2, 'the others waited for the first to be over')
  })

  t.test('that the app closed while nobody used it leaves its place at once', async (t) => {
    const upstream = await upstreamFor(t)
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 2 })
    const timeouts = {
      connectSeconds: 9,
      responseSeconds: 9,
      idleSeconds: 9,
      keepAliveSeconds: 300,
      body: null,
    }
    const both = () => [
      send(upstreams, request(to, { timeouts })),
      send(upstreams, request(to, { timeouts })),
    ]
    await Promise.all(both())
    for (const { socket } of upstream.connections) socket.end()
    await upstream.until(() => upstream.connections.every(({ closed }) => closed))
    await turn()
    const again = both()
    t.equal(timing.waiting(), 0)
    t.match(await Promise.all(again), [{ statusCode: 200 }, { statusCode: 200 }])
    t.equal(upstream.connections.length, 4)
    // None of the closed ones is taken for idle, where room is made for another app.
    const other = settings(upstream.port, { maxConnections: 2 })
    const third = send(upstreams, request(other, { timeouts }))
    t.equal((await third).statusCode, 200)
  })

  t.test('that could not be made leaves its place', async (t) => {
    const upstreams = opened(t, heldTiming())
    const to = settings(await freePort(), { maxConnections: 1 })
    for (let i = 0; i < 3; i++) t.equal((await send(upstreams, request(to))).code, 'UPSTREAM_UNREACHABLE')
  })

  t.test('that a request could not be written to leaves its place', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t, heldTiming())
    const to = settings(upstream.port, { maxConnections: 1 })
    const invalid: Partial<UpstreamRequest> = { path: '/a b' }
    for (let i = 0; i < 3; i++) t.not((await send(upstreams, request(to, invalid))).code, null)
    t.equal((await send(upstreams, request(to))).statusCode, 200)
  })

  t.test('that is sent once more keeps its place, before those who wait', async (t) => {
    const upstream = await upstreamFor(t)
    const upstreams = opened(t, heldTiming())
    const to = settings(upstream.port, { maxConnections: 1 })
    await send(upstreams, request(to, { path: '/warm' }))
    upstream.answerWith((connection) => {
      if (connection !== upstream.connections[0]) return ok
      connection.socket.end()
      return null
    })
    const both = ['/asked', '/waits'].map((path) => send(upstreams, request(to, { path })))
    t.match(await Promise.all(both), [{ statusCode: 200 }, { statusCode: 200 }])
    t.same(paths(upstream), ['/warm', '/asked', '/asked', '/waits'])
    t.equal(upstream.connections.length, 2)
  })
})

t.test('WebSockets', async (t) => {
  const signal = () => new AbortController().signal
  t.test('have a bound of their own: requests go on, the next handshake waits', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 1 })
    const first = upstreams.upgrade(request(to, { path: '/ws' }), signal()).catch(({ code }) => code)
    const second = upstreams.upgrade(request(to, { path: '/more' }), signal()).catch(({ code }) => code)
    await upstream.until(() => upstream.requests() === 1)
    const page = send(upstreams, request(to, { path: '/page' }))
    await upstream.until(() => upstream.requests() === 2)
    timing.pass(2000)
    t.equal(await second, 'UPSTREAM_BUSY')
    t.same(paths(upstream), ['/ws', '/page'])
    upstream.connections[1]?.socket.write(ok)
    t.equal((await page).statusCode, 200)
    upstream.connections[0]?.socket.destroy()
    t.equal(await first, 'UPSTREAM_ABORTED')
  })

  t.test('that wait and are given up are forgotten', async (t) => {
    const upstream = await upstreamFor(t, { answer: never })
    const timing = heldTiming()
    const upstreams = opened(t, timing)
    const to = settings(upstream.port, { maxConnections: 1 })
    const given = new AbortController()
    const first = upstreams.upgrade(request(to), given.signal)
    const second = upstreams.upgrade(request(to, { path: '/more' }), given.signal)
    await upstream.until(() => upstream.requests() === 1)
    given.abort()
    await t.rejects(first, { code: 'UPSTREAM_ABORTED' })
    await t.rejects(second, { code: 'UPSTREAM_ABORTED' })
    t.equal(timing.waiting(), 0)
    await upstream.until(() => upstream.connections[0]?.closed === true)
    await t.rejects(upstreams.upgrade(request(to), given.signal), { code: 'UPSTREAM_ABORTED' }, 'nor begun')
    await turn()
    t.same(paths(upstream), ['/'])
    t.equal(getEventListeners(given.signal, 'abort').length, 0)
  })
})
