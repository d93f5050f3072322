// Who listens to a session hears of its end, whoever ended it.
import { randomBytes } from 'node:crypto'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { ProviderFault } from '../../src/core/fault.ts'
import { limits } from '../../src/core/limits/table.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import type { Session } from '../../src/core/session/session.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createSessionWatch } from '../../src/runtime/session-watch.ts'
import { createSessions } from '../../src/runtime/sessions.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { sessionOf } from '../store/contract.ts'
import { createTestClock, timersThatHold } from '../support/clock.ts'
import { deploy, everySeconds } from '../support/renewals.ts'
import {
  type Begun,
  begin,
  current,
  open,
  provider,
  sessionSettings,
  status,
  wiki,
} from '../support/sessions.ts'
import { storeContext } from '../support/store-context.ts'
import { outcomeOf } from '../support/waiting.ts'

t.test(
  'who listens hears once when the session ends here, is replaced, or is removed elsewhere',
  async (t) => {
    const { sessions, signIn, spy } = open(t)
    const heard: string[] = []
    const listen = (session: Session, name: string) => sessions.onEnd(session, wiki, () => heard.push(name))
    const [out, replaced, revoked, kept, left] = await Promise.all([
      signIn(),
      signIn(),
      signIn(),
      signIn(),
      signIn(),
    ])
    listen(out.session, 'out')
    listen(out.session, 'out too')
    listen(replaced.session, 'replaced')
    listen(revoked.session, 'revoked')
    listen(kept.session, 'kept')
    listen(left.session, 'left')()
    await sessions.end(out.session)
    t.same(heard.splice(0), ['out', 'out too'])
    await signIn(wiki, replaced.cookie)
    t.same(heard.splice(0), ['replaced'])
    await spy.store.drop(revoked.session.key)
    await spy.store.drop(left.session.key)
    spy.onChange()
    await sessions.sweep()
    t.same(heard.splice(0), ['revoked'])
    for (const { session } of [out, replaced, revoked, left]) await sessions.end(session)
    t.same(heard, [])
  },
)

t.test('what another process removes stops nobody, however many listen', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const most = limits.recheckedSessions
  const heard: number[] = []
  const begun: Begun[] = []
  for (let at = 0; at < 3 * most; at++) {
    const one = await signIn(wiki, null, `user ${at}`)
    begun.push(one)
    sessions.onEnd(one.session, wiki, () => heard.push(at))
  }
  await turn()
  const remove = (at: number) => spy.store.drop(begun[at]?.session.key ?? '')
  await remove(3 * most - 1)
  spy.loads = 0
  spy.onChange()
  t.equal(spy.loads, most, 'in the turn of the news')
  for (let turns = 0; turns < 3; turns++) {
    const before = spy.loads
    await turn()
    t.ok(spy.loads - before <= most, 'nor in a later one')
  }
  t.same(heard, [3 * most - 1])
  for (let turns = 0; turns < 3; turns++) await turn()
  spy.loads = 0
  spy.onChange()
  await turn()
  await remove(0)
  for (let times = 0; times < 3; times++) spy.onChange()
  for (let turns = 0; turns < 12; turns++) await turn()
  t.same(heard, [3 * most - 1, 0], 'what was removed behind the look is looked at again')
  t.ok(spy.loads <= 6 * most, 'once')
})

t.test('who listens to a session that has already ended hears of it', async (t) => {
  const { sessions, signIn } = open(t)
  const { session } = await signIn()
  await sessions.end(session)
  await new Promise<void>((resolve) => sessions.onEnd(session, wiki, resolve))
})

t.test('a listener that throws stops neither the others nor the sign-out', async (t) => {
  const { sessions, signIn, faults } = open(t)
  const { session } = await signIn()
  let heard = false
  sessions.onEnd(session, wiki, () => {
    throw new Error('from a listener')
  })
  sessions.onEnd(session, wiki, () => {
    heard = true
  })
  t.equal(await sessions.end(session), true)
  t.equal(heard, true)
  t.match(faults, [{ message: 'from a listener' }])
})

t.test('revoked in the file by another process: the gateway knows within a second', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const folder = t.testdir()
  const [ours, theirs] = [
    openStore({ store: { kind: 'sqlite' } }, folder, storeContext()),
    openStore({ store: { kind: 'sqlite' } }, folder, storeContext()),
  ]
  t.teardown(() => Promise.all([ours.close(), theirs.close()]))
  const sessions = createSessions({
    gateway: { providers: new Map([['acme', provider('acme')]]), hosts: new Map(), session: sessionSettings },
    store: ours,
    ring: buildKeyRing([current]),
    clock: createTestClock(begin),
    random: randomBytes,
  })
  t.teardown(() => sessions.close())
  const { signIn } = open(t, {
    store: { ...openMemoryStore(systemClock), save: (session, at) => ours.save(session, at) },
  })
  const { cookie, session } = await signIn()
  t.match(
    sessions.use(cookie, wiki),
    { kind: 'live' },
    'a cold session is read from the file without a promise',
  )
  const ended = new Promise<void>((resolve) => sessions.onEnd(session, wiki, resolve))
  await theirs.revoke({ by: 'user', user: 'alice' })
  mock.timers.tick(500)
  await ended
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

const lifetimes = { idleTimeoutSeconds: 100, maxLifetimeSeconds: 1000 }

/** A watch by itself, over sessions that began at the second 1000; `asked` counts how often it looked at the time. */
function watching(t: Test) {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const state = {
    now: 1000,
    asked: 0,
    loads: [] as string[],
    gone: new Set<string>(),
    failing: false,
    heard: [] as string[],
    faults: [] as unknown[],
  }
  const watch = createSessionWatch(
    (key) => {
      state.loads.push(key)
      if (state.failing) throw new Error('for the test')
      return state.gone.has(key) ? null : sessionOf(key)
    },
    () => {
      state.asked += 1
      return state.now
    },
    (thrown) => void state.faults.push(thrown),
  )
  t.teardown(() => watch.close())
  const listen = (key: string, name = key) =>
    watch.add(sessionOf(key), lifetimes, {
      ended: () => void state.heard.push(name),
      renewed: () => {},
    })
  const settled = async () => {
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
  }
  return { state, watch, listen, settled }
}

t.test('a watch answers for what it does not know', async (t) => {
  const { watch, listen, settled } = watching(t)
  t.doesNotThrow(() => watch.seen('nobody', 2000))
  t.doesNotThrow(() => watch.ended('nobody'))
  t.type(listen('one'), 'function')
  await settled()
  t.doesNotThrow(() => watch.renew(() => lifetimes, null))
  t.doesNotThrow(() => watch.close())
})

t.test('the time is looked at while somebody listens, and no longer', async (t) => {
  const { state, watch, listen, settled } = watching(t)
  const asked = (): number => {
    const { asked } = state
    mock.timers.tick(3000)
    return state.asked - asked
  }
  t.equal(asked(), 0, 'nobody listens yet')
  const leave = listen('one')
  const others = [listen('two'), listen('two')]
  await settled()
  t.equal(asked(), 3, 'once a second for all of them')
  leave()
  t.equal(asked(), 3, 'two are left')
  for (const leaveToo of others) leaveToo()
  t.equal(asked(), 0, 'all have left')
  listen('three')
  await settled()
  t.equal(asked(), 3, 'and the next one is watched again')
  watch.ended('three')
  t.equal(asked(), 0, 'it has ended')
  listen('four')
  await settled()
  watch.close()
  t.equal(asked(), 0, 'the gateway has stopped')
  t.same(state.heard, ['three'])
})

t.test('a session that ends leaves the others watched', async (t) => {
  const { state, watch, listen, settled } = watching(t)
  for (const key of ['one', 'two']) listen(key)
  await settled()
  watch.ended('one')
  state.now = 1100
  mock.timers.tick(1000)
  await settled()
  t.same(state.heard, ['one', 'two'])
})

t.test('of several who listen to a session each may leave, and the others hear of its end', async (t) => {
  const { state, watch, listen, settled } = watching(t)
  const [first] = [listen('one', 'first'), listen('one', 'second')]
  await settled()
  first?.()
  watch.ended('one')
  t.same(state.heard.splice(0), ['second'])
  const former = listen('two', 'former')
  await settled()
  watch.ended('two')
  listen('two', 'later')
  await settled()
  former()
  watch.ended('two')
  t.same(state.heard, ['former', 'later'], 'who leaves what has ended takes nobody along')
})

t.test(
  'only what has run out is asked for as time goes on, and ends when it is idle there too',
  async (t) => {
    const { state, watch, listen, settled } = watching(t)
    listen('one')
    state.now = 1060
    listen('two')
    watch.seen('two', 1060)
    await settled()
    state.loads.length = 0
    state.now = 1100
    await watch.tick()
    t.same(state.loads, ['one'])
    t.same(state.heard, ['one'])
    state.now = 1159
    await watch.tick()
    t.same(state.heard, ['one'])
    state.failing = true
    state.now = 1160
    await watch.tick()
    t.same(state.heard, ['one', 'two'], 'also while the store does not answer')
    t.match(state.faults, [{ message: 'for the test' }], 'which is told')
    await watch.tick()
    t.equal(state.faults.length, 1, 'and asked no more')
  },
)

t.test('lifetimes that are shorter end at once what has run out by them', async (t) => {
  const { state, watch, listen, settled } = watching(t)
  listen('one')
  await settled()
  state.now = 1050
  watch.renew(
    (origin) => (origin === sessionOf('one').origin ? { ...lifetimes, idleTimeoutSeconds: 50 } : null),
    null,
  )
  await settled()
  t.same(state.heard, ['one'])
})

t.test('a recheck asks for nobody who has left meanwhile, and the next one asks again', async (t) => {
  const { state, watch, listen, settled } = watching(t)
  const leaves = Array.from({ length: 2 * limits.recheckedSessions }, (_, at) => listen(`k${at}`))
  await settled()
  state.loads.length = 0
  const checked = watch.recheck()
  for (const leave of leaves.slice(1)) leave()
  t.equal(await outcomeOf(checked, 20_000), undefined)
  t.equal(state.loads.length, limits.recheckedSessions)
  state.loads.length = 0
  state.gone.add('k0')
  t.equal(await outcomeOf(watch.recheck(), 20_000), undefined)
  t.same(state.loads, ['k0'])
  t.same(state.heard, ['k0'])
})

t.test('a session with a long connection is rechecked in time, though no request comes', async (t) => {
  const { clock, provider, process, turns, session } = await deploy(t)
  const one = process()
  const heard: string[] = []
  const listen = (what: string) =>
    one.sessions.onEnd(
      session,
      wiki,
      () => heard.push(`${what} ended`),
      () => heard.push(`${what} renewed`),
    )
  listen('first')
  const leave = listen('second')
  clock.time += everySeconds - 1
  await one.sessions.sweep()
  await turns()
  t.equal(provider.asked.length, 0)
  clock.time += 1
  await one.sessions.sweep()
  await turns()
  t.same(heard.splice(0), ['first renewed', 'second renewed'])
  leave()
  clock.time += everySeconds
  provider.answer = () => ({ kind: 'ended', why: 'grant-refused', message: '', tokens: null })
  await one.sessions.sweep()
  await turns()
  t.same(heard.splice(0), ['first ended'])
  t.equal(provider.asked.length, 2)
})

t.test('a long connection hears of what a request found, here or in another process', async (t) => {
  const { clock, provider, process, turns, session } = await deploy(t)
  const [one, other] = [process(), process()]
  const heard: string[] = []
  for (const [name, { sessions }] of Object.entries({ one, other }))
    sessions.onEnd(
      session,
      wiki,
      () => heard.push(`${name} ended`),
      () => heard.push(`${name} renewed`),
    )
  await turns()
  clock.time += everySeconds
  await one.groups()
  t.same(heard.splice(0), ['one renewed'])
  await other.sessions.sweep()
  await turns()
  t.same(heard.splice(0), ['other renewed'])
  t.equal(provider.asked.length, 1)
})

t.test('a long connection ends with the time that a silent provider has, also within a pause', async (t) => {
  const { clock, provider, process, turns, session, store } = await deploy(t, {
    recheck: { everySeconds, unansweredSeconds: 1200 },
  })
  const one = process()
  const heard: string[] = []
  one.sessions.onEnd(session, wiki, () => heard.push('ended'))
  await turns()
  provider.answer = () => {
    throw new ProviderFault('PROVIDER_BUSY', 'too many, for the test')
  }
  clock.time += 1199
  await one.sessions.sweep()
  await turns()
  t.same(heard, [])
  clock.time += 1
  await one.sessions.sweep()
  await turns()
  t.same(heard, ['ended'])
  t.equal(await one.groups(), 'session-recheck-due', 'as requests are refused')
  t.notSame(await store.load(session.key), null, 'the provider has its next chance')
})

t.test('of many that are due at once so many begin in one second', async (t) => {
  const asked: string[] = []
  const renewals = {
    isDue: () => true,
    recheck: ({ key }: { readonly key: string }) => {
      asked.push(key)
      return new Promise<never>(() => {})
    },
  }
  const watch = createSessionWatch(
    (key) => sessionOf(key),
    () => 1000,
    () => {},
    renewals,
  )
  t.teardown(() => watch.close())
  for (let i = 0; i < 2 * limits.recheckedAtOnce; i++)
    watch.add(sessionOf(`k${i}`), lifetimes, { ended: () => {}, renewed: () => {} })
  await watch.tick()
  t.equal(asked.length, limits.recheckedAtOnce)
  await watch.tick()
  t.equal(new Set(asked).size, 2 * limits.recheckedAtOnce, 'then the others; nobody is asked for twice')
  t.equal(asked.length, 2 * limits.recheckedAtOnce)
})

t.test('who listens keeps no process alive', async (t) => {
  const watch = createSessionWatch(
    () => null,
    () => 1000,
    () => {},
  )
  const before = timersThatHold()
  watch.add(sessionOf('one'), lifetimes, { ended: () => {}, renewed: () => {} })
  t.equal(timersThatHold(), before)
  watch.close()
})
