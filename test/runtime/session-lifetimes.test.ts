// Idle and absolute limits, of sessions and of the long connections that hang on them.
import { mock } from 'node:test'
import t from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import type { Origin } from '../../src/core/gateway.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { Sessions } from '../../src/runtime/sessions.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import {
  begin,
  current,
  open,
  originOf,
  provider,
  sessionSettings,
  status,
  wiki,
} from '../support/sessions.ts'

t.test('S-159: idle and absolute limits hold against the clock, cached or not', async (t) => {
  const { sessions, signIn, clock } = open(t)
  const { cookie } = await signIn()
  clock.time = begin + 3599
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  clock.time += 3600
  t.equal(await status(sessions.use(cookie, wiki)), 'session-idle')
  const again = await signIn()
  for (let minutes = 0; minutes < 479; minutes++) {
    clock.time += 60
    if ((await status(sessions.use(again.cookie, wiki))) !== 'live') t.fail(`ended after ${minutes} minutes`)
  }
  clock.time += 60
  t.equal(await status(sessions.use(again.cookie, wiki)), 'session-expired')
  clock.time -= 1
  t.equal(await status(sessions.use(again.cookie, wiki)), 'live', 'judged anew each time, not remembered')
})

t.test('the idle time moves with each request, and is written back once a minute', async (t) => {
  const { sessions, signIn, clock, spy } = open(t)
  const { cookie, session } = await signIn()
  for (let second = 1; second <= 120; second++) {
    clock.time = begin + second
    const found = await sessions.use(cookie, wiki)
    t.equal(found.kind === 'live' && found.session.lastSeenAt, clock.time)
  }
  t.equal(spy.touches, 2)
  t.match(await spy.store.load(session.key), { lastSeenAt: begin + 120 })
})

t.test(
  'the use of a session is noted once a second, and a clock that is set back takes nothing away',
  async (t) => {
    const { sessions, signIn, clock } = open(t)
    const { cookie } = await signIn()
    clock.time = begin + 20
    const first = await sessions.use(cookie, wiki)
    const second = await sessions.use(cookie, wiki)
    t.ok(first.kind === 'live' && second.kind === 'live' && first.session === second.session)
    clock.wallErrorSeconds = -10
    const third = await sessions.use(cookie, wiki)
    t.equal(third.kind === 'live' && third.session.lastSeenAt, begin + 20)
  },
)

t.test('S-159: a wall clock that was ahead makes no idle time longer afterwards', async (t) => {
  const { sessions, signIn, clock, spy } = open(t)
  const { cookie, session } = await signIn()
  clock.wallErrorSeconds = 1800
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  t.match(await spy.store.load(session.key), { lastSeenAt: begin + 1800 })
  clock.wallErrorSeconds = 0
  const heard: string[] = []
  sessions.onEnd(session, wiki, () => heard.push('ended'))
  clock.time = begin + 100
  const found = await sessions.use(cookie, wiki)
  t.equal(found.kind === 'live' && found.session.lastSeenAt, begin + 100)
  t.match(await spy.store.load(session.key), { lastSeenAt: begin + 100 }, 'written back at once')
  clock.time = begin + 3699
  await sessions.sweep()
  t.same(heard, [])
  clock.time = begin + 3700
  await sessions.sweep()
  t.same(heard.splice(0), ['ended'], 'who listens hears of it by the time that is right')
  t.equal(await status(sessions.use(cookie, wiki)), 'session-idle')
})

t.test('S-159: a wall clock that is ahead removes no session for good', async (t) => {
  const { sessions, signIn, clock } = open(t)
  const { cookie } = await signIn()
  clock.wallErrorSeconds = 86_400
  t.equal(await status(sessions.use(cookie, wiki)), 'session-expired', 'while it is ahead')
  for (let seconds = 30; seconds <= 300; seconds += 30) {
    clock.time = begin + seconds
    await sessions.sweep()
  }
  clock.wallErrorSeconds = 0
  t.equal(await status(sessions.use(cookie, wiki)), 'live', 'and once it is right again')
})

t.test('a look that is no use keeps no session alive', async (t) => {
  const { sessions, signIn, clock, spy } = open(t)
  const { cookie, session } = await signIn()
  t.match(await sessions.lookUp(cookie, wiki), { kind: 'live', session })
  for (let minutes = 1; minutes < 60; minutes++) {
    clock.time = begin + minutes * 60
    const found = await sessions.lookUp(cookie, wiki)
    t.equal(found.kind === 'live' && found.session.lastSeenAt, begin)
  }
  t.equal(spy.touches, 0)
  t.match(await spy.store.load(session.key), { lastSeenAt: begin })
  clock.time = begin + 3600
  t.equal(await status(sessions.lookUp(cookie, wiki)), 'session-idle')
  t.equal(await status(sessions.use(cookie, wiki)), 'session-idle')
  t.equal(await status(sessions.lookUp('forged', wiki)), 'session-unreadable')
})

t.test('what is asked of the store again keeps the idle time that was not written back yet', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie } = await signIn()
  clock.time = begin + 30
  await sessions.use(cookie, wiki)
  t.equal(spy.touches, 0, 'too early for the store')
  spy.onChange()
  const found = await sessions.lookUp(cookie, wiki)
  t.equal(found.kind === 'live' && found.session.lastSeenAt, begin + 30)
})

t.test('a session that was idle for this process is asked for, as another may have seen it', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const short = originOf('wiki.example.com', { idleTimeoutSeconds: 30 })
  const { cookie, session } = await signIn(short)
  await sessions.use(cookie, short)
  await spy.store.touch(session.key, begin + 25, begin + 100)
  clock.time = begin + 31
  await sessions.use(cookie, short)
  t.equal(await status(sessions.use(cookie, short)), 'live')
})

t.test(
  'a long connection ends with the absolute limit, and when the session was idle everywhere',
  async (t) => {
    const { sessions, signIn, clock, spy } = open(t)
    const heard: string[] = []
    const busy = await signIn()
    const elsewhere = await signIn()
    const idle = await signIn()
    for (const [name, { session }] of Object.entries({ busy, elsewhere, idle })) {
      sessions.onEnd(session, wiki, () => heard.push(name))
    }
    clock.time = begin + 3000
    await sessions.use(busy.cookie, wiki)
    await spy.store.touch(elsewhere.session.key, begin + 3500, begin + 9000)
    clock.time = begin + 3600
    await sessions.sweep()
    t.same(heard.splice(0), ['idle'], 'another tab, or another process, keeps a session alive')
    clock.time = begin + 6600
    await sessions.sweep()
    t.same(heard.splice(0), ['busy'])
    spy.broken = true
    clock.time = begin + 28_800
    await sessions.sweep()
    t.same(heard, ['elsewhere'], 'the limit holds without a store too')
  },
)

t.test('a long connection has the lifetimes that are in force, not those of its beginning', async (t) => {
  const ring = buildKeyRing([current])
  const providers = new Map([['acme', provider('acme')]])
  const inForce = (sessions: Sessions, ...origins: readonly Origin[]) =>
    sessions.renew({
      gateway: { providers, hosts: new Map(origins.map((one) => [one.host, one])), session: sessionSettings },
      ring,
    })
  const rows: [string, Origin, number, readonly string[]][] = [
    ['a shorter idle timeout', originOf(wiki.host, { idleTimeoutSeconds: 600 }), 600, ['ended']],
    ['a longer one', originOf(wiki.host, { idleTimeoutSeconds: 7200 }), 3600, []],
    ['a shorter lifetime', originOf(wiki.host, { maxLifetimeSeconds: 900 }), 900, ['ended']],
    [
      'a longer one',
      originOf(wiki.host, { idleTimeoutSeconds: 90_000, maxLifetimeSeconds: 90_000 }),
      28_800,
      [],
    ],
  ]
  for (const [name, renewed, after, expected] of rows) {
    const { sessions, signIn, clock } = open(t, { ring })
    const { session } = await signIn()
    const heard: string[] = []
    sessions.onEnd(session, wiki, () => heard.push('ended'))
    inForce(sessions, renewed)
    clock.time = begin + after - 1
    await sessions.sweep()
    t.same(heard, [], `${name}, a second before`)
    clock.time = begin + after
    await sessions.sweep()
    t.same(heard, expected, name)
  }

  t.test('nor those of a request that came before the change and listens after it', async (t) => {
    const { sessions, signIn, clock } = open(t, { ring })
    const { session } = await signIn()
    inForce(sessions, originOf(wiki.host, { idleTimeoutSeconds: 600 }))
    let ended = false
    sessions.onEnd(session, wiki, () => {
      ended = true
    })
    clock.time = begin + 600
    await sessions.sweep()
    t.ok(ended)
  })

  t.test('and ends with its origin', async (t) => {
    const { sessions, signIn } = open(t, { ring })
    const { session } = await signIn()
    let ended = false
    sessions.onEnd(session, wiki, () => {
      ended = true
    })
    inForce(sessions, originOf('other.example.com'))
    t.ok(ended)
  })
})

t.test('the watch looks at the time each second, the sweep at the store each half minute', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { sessions, signIn, clock, spy } = open(t)
  const { session } = await signIn()
  const ended = new Promise<void>((resolve) => sessions.onEnd(session, wiki, resolve))
  clock.time = begin + 3660
  mock.timers.tick(1000)
  await ended
  t.equal((await spy.store.list({})).length, 1)
  mock.timers.tick(29_000)
  await new Promise((resolve) => setImmediate(resolve))
  t.same(await spy.store.list({}), [])
})

t.test('the sweep lets the store forget what ran out', async (t) => {
  const { sessions, signIn, clock, spy } = open(t)
  await signIn()
  clock.time = begin + 3659
  await sessions.sweep()
  t.equal((await spy.store.list({})).length, 1)
  clock.time = begin + 3660
  await sessions.sweep()
  t.same(await spy.store.list({}), [])
})

t.test('a purge that takes long is not begun twice', async (t) => {
  const inner = openMemoryStore(systemClock)
  let purges = 0
  let release = (): void => {}
  const purge = () => {
    purges += 1
    return new Promise<number>((resolve) => {
      release = () => resolve(0)
    })
  }
  const { sessions } = open(t, { store: { ...inner, purge } })
  const first = sessions.sweep()
  await new Promise((resolve) => setImmediate(resolve))
  await sessions.sweep()
  t.equal(purges, 1)
  release()
  await first
  void sessions.sweep()
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(purges, 2)
  const broken = open(t, {
    store: { ...inner, purge: () => Promise.reject(new StoreFault('STORE_FULL', 'for the test')) },
  })
  for (let times = 0; times < 2; times++) await broken.sessions.sweep()
  t.match(broken.faults, [{ code: 'STORE_FULL' }, { code: 'STORE_FULL' }], 'and one that failed is')
})
