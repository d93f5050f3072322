// Who listens to a session hears of its end, whoever ended it.
import { randomBytes } from 'node:crypto'
import { mock } from 'node:test'
import t from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { buildKeyRing } from '../../src/core/session/seal.ts'
import type { Session } from '../../src/core/session/session.ts'
import { createSessions } from '../../src/runtime/sessions.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { createTestClock } from '../support/clock.ts'
import { type Begun, begin, current, open, provider, status, wiki } from '../support/sessions.ts'

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
  const [ours, theirs] = [openStore({ store: 'sqlite' }, folder), openStore({ store: 'sqlite' }, folder)]
  t.teardown(() => Promise.all([ours.close(), theirs.close()]))
  const sessions = createSessions({
    gateway: { providers: new Map([['acme', provider('acme')]]), hosts: new Map() },
    store: ours,
    ring: buildKeyRing([current]),
    clock: createTestClock(begin),
    random: randomBytes,
  })
  t.teardown(() => sessions.close())
  const { signIn } = open(t, {
    store: { ...openMemoryStore(), save: (session, at) => ours.save(session, at) },
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
