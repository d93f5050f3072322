// A store that does not answer: who goes on for how long, and who gets a fault.
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import type { SessionStore } from '../../src/core/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { begin, methodsOf, open, status, wiki } from '../support/sessions.ts'
import { storeContext } from '../support/store-context.ts'

t.test('with a broken store live sessions go on for five minutes, others get a fault', async (t) => {
  const { sessions, signIn, spy, clock, faults } = open(t)
  const [alice, bob] = [await signIn(), await signIn(wiki, null, 'bob')]
  await sessions.use(alice.cookie, wiki)
  spy.broken = true
  spy.onChange()
  t.doesNotThrow(() => sessions.use(alice.cookie, wiki))
  for (const seconds of [0, 1, 60, 120, 299]) {
    clock.time = begin + seconds
    t.equal(await status(sessions.use(alice.cookie, wiki)), 'live', `${seconds} s`)
  }
  t.ok(faults.length >= 4, 'the faults are told')
  t.throws(() => sessions.use(bob.cookie, wiki), { code: 'STORE_UNAVAILABLE' })
  clock.time = begin + 305
  t.throws(() => sessions.use(alice.cookie, wiki), { code: 'STORE_UNAVAILABLE' })
  spy.broken = false
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'live')
})

t.test(
  'a store that breaks while people are signed in: five minutes, whatever it is that broke',
  async (t) => {
    const breaks: Readonly<Record<string, (folder: string, store: SessionStore) => unknown>> = {
      'the file is removed': (folder) => rmSync(join(folder, 'sessions.db')),
      'another file is in its place': (folder) => {
        renameSync(join(folder, 'sessions.db'), join(folder, 'away'))
        openStore({ store: { kind: 'sqlite' } }, folder, storeContext()).close()
      },
      'its tables are gone': (folder) => {
        const database = new DatabaseSync(join(folder, 'sessions.db'))
        database.exec('DROP TABLE session')
        database.close()
      },
      'it is closed': (_folder, store) => store.close(),
    }
    for (const [what, breakIt] of Object.entries(breaks)) {
      const folder = t.testdir({ [what]: {} })
      const inner = openStore({ store: { kind: 'sqlite' } }, join(folder, what), storeContext())
      t.teardown(() => inner.close())
      const { sessions, signIn, clock, faults } = open(t, { store: methodsOf(inner) })
      const [warm, cold, leaving] = [await signIn(), await signIn(), await signIn()]
      for (const { cookie } of [warm, leaving])
        t.equal(await status(sessions.use(cookie, wiki)), 'live', what)
      breakIt(join(folder, what), inner)
      for (const seconds of [1, 59, 60, 180, 299]) {
        clock.time = begin + seconds
        t.equal(await status(sessions.use(warm.cookie, wiki)), 'live', `${what}: ${seconds} s`)
      }
      t.ok(faults.length > 0, `${what}: it is told`)
      t.throws(() => sessions.use(cold.cookie, wiki), { name: 'StoreFault' }, `${what}: not verified lately`)
      await t.rejects(signIn(), { name: 'StoreFault' }, `${what}: nobody signs in`)
      await sessions.end(leaving.session).catch(() => {})
      t.equal(await status(sessions.use(leaving.cookie, wiki)), 'session-ended', `${what}: who leaves is out`)
      clock.time = begin + 300
      t.throws(() => sessions.use(warm.cookie, wiki), { name: 'StoreFault' }, `${what}: after five minutes`)
    }
  },
)

t.test('S-159: nor does it end the five minutes that verified sessions have without a store', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  spy.onChange()
  clock.wallErrorSeconds = 1800
  t.equal(await status(sessions.use(cookie, wiki)), 'live', 'ahead by half an hour')
  clock.wallErrorSeconds = -30
  clock.time = begin + 300
  t.throws(() => sessions.use(cookie, wiki), { code: 'STORE_UNAVAILABLE' }, 'behind by half a minute')
})

t.test('a store that does not answer is asked again every five seconds', async (t) => {
  const { sessions, signIn, spy, clock } = open(t)
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  const askedAt: number[] = []
  for (let seconds = 55; seconds <= 76; seconds++) {
    clock.time = begin + seconds
    const { loads } = spy
    t.equal(await status(sessions.use(cookie, wiki)), 'live')
    if (spy.loads > loads) askedAt.push(seconds)
  }
  t.same(askedAt, [60, 65, 70, 75])
})

t.test('with a broken store the asking is not done on every request', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie } = await signIn()
  await sessions.use(cookie, wiki)
  spy.broken = true
  spy.onChange()
  await sessions.use(cookie, wiki)
  const { loads } = spy
  for (let request = 0; request < 10; request++) await sessions.use(cookie, wiki)
  t.equal(spy.loads, loads)
})

t.test('whoever the store no longer had is not let in when it breaks afterwards', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  await spy.store.drop(session.key)
  spy.onChange()
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
  spy.broken = true
  t.throws(() => sessions.use(cookie, wiki), { code: 'STORE_UNAVAILABLE' })
})

t.test('S-160: a look-up that fails after its session ended here lets nobody in', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  await sessions.use(cookie, wiki)
  let refuse = (): void => {}
  spy.slow = new Promise<void>((_resolve, reject) => {
    refuse = () => reject(new StoreFault('STORE_UNAVAILABLE', 'for the test'))
  })
  spy.onChange()
  const flying = sessions.use(cookie, wiki)
  await sessions.end(session)
  refuse()
  await t.rejects(Promise.resolve(flying), { code: 'STORE_UNAVAILABLE' })
})

t.test('a broken store signs nobody in and nobody out', async (t) => {
  const inner = openMemoryStore(systemClock)
  const fault = new StoreFault('STORE_FULL', 'full for the test')
  const refuse = () => Promise.reject(fault)
  const full = open(t, { store: { ...inner, save: refuse } })
  await t.rejects(full.signIn(), { code: 'STORE_FULL' })
  t.same(await inner.list({}), [])
  const stuck = open(t, { store: { ...inner, drop: refuse } })
  const { session, cookie } = await stuck.signIn()
  await t.rejects(stuck.sessions.end(session), { code: 'STORE_FULL' })
  await t.rejects(stuck.signIn(wiki, cookie), { code: 'STORE_FULL' }, 'not with the old session left alive')
})

t.test('a use that cannot be written back stops nobody, and is told', async (t) => {
  const inner = openMemoryStore(systemClock)
  const fault = new StoreFault('STORE_FULL', 'for the test')
  const touches = {
    thrown: () => {
      throw fault
    },
    rejected: () => Promise.reject(fault),
  }
  for (const [how, touch] of Object.entries(touches)) {
    const { sessions, signIn, clock, faults } = open(t, { store: { ...inner, touch } })
    const { cookie } = await signIn()
    clock.time += 60
    t.equal(await status(sessions.use(cookie, wiki)), 'live', how)
    await new Promise((resolve) => setImmediate(resolve))
    t.same(faults, [fault], how)
    t.equal(await status(sessions.use(cookie, wiki)), 'live')
    t.equal(faults.length, 1, 'once, until the next is due')
  }
})

t.test('a store that answers later is waited for, and one that answers at once is not', async (t) => {
  const inner = openMemoryStore(systemClock)
  for (const later of [false, true]) {
    const load = (key: string) => (later ? Promise.resolve(inner.load(key)) : inner.load(key))
    const { sessions, signIn } = open(t, { store: { ...inner, load } })
    const { cookie } = await signIn()
    const found = sessions.use(cookie, wiki)
    t.equal(found instanceof Promise, later)
    await t.resolveMatch(Promise.resolve(found), { kind: 'live', session: { user: 'alice' } })
  }
})
