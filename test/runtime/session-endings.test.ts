import { mock } from 'node:test'
import t from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import { limits } from '../../src/core/limits/table.ts'
import type { SessionStore } from '../../src/core/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createSessionEndings } from '../../src/runtime/session-endings.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { begin, open, status, wiki } from '../support/sessions.ts'

t.test('S-160: after the end a copied cookie is refused, warm or cold', async (t) => {
  const { sessions, signIn } = open(t)
  const { cookie, session } = await signIn()
  t.equal(await status(sessions.use(cookie, wiki)), 'live')
  t.equal(await sessions.end(session), true)
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
  t.equal(await sessions.end(session), false)
})

t.test('S-160: a look-up that is under way while the session ends does not bring it back', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  let release = (): void => {}
  spy.slow = new Promise<void>((resolve) => {
    release = resolve
  })
  const flying = sessions.use(cookie, wiki)
  t.type(flying, Promise)
  spy.slow = null
  await sessions.end(session)
  release()
  await flying
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('S-160: while the store lets go of a session, and after it, no look-up brings it back', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const { cookie, session } = await signIn()
  const heard: string[] = []
  sessions.onEnd(session, wiki, () => heard.push('ended'))
  let release = (): void => {}
  const held = () =>
    new Promise<void>((resolve) => {
      release = resolve
    })
  spy.slow = held()
  const before = sessions.use(cookie, wiki)
  const releaseLoad = release
  spy.slowDrop = held()
  const ending = sessions.end(session)
  t.same(heard, ['ended'], 'who listens need not wait for the store')
  const { loads } = spy
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended', 'the store still has it')
  t.equal(spy.loads, loads, 'and is not asked')
  releaseLoad()
  t.equal(await status(before), 'session-ended', 'also what was asked before')
  release()
  t.equal(await ending, true)
  spy.slow = null
  t.equal(await status(sessions.use(cookie, wiki)), 'session-ended')
})

t.test('S-160: a session that the store cannot drop is out here at once, and dropped later', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const { sessions, signIn, spy } = open(t)
  const [alice, bob, carol] = [await signIn(), await signIn(wiki, null, 'bob'), await signIn(wiki, null, 'c')]
  for (const { cookie } of [alice, bob, carol]) await sessions.use(cookie, wiki)
  const heard: string[] = []
  sessions.onEnd(alice.session, wiki, () => heard.push('alice'))
  spy.broken = true
  for (const { session } of [alice, bob])
    await t.rejects(sessions.end(session), { code: 'STORE_UNAVAILABLE' })
  t.same(heard, ['alice'])
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended', 'while it does not answer')
  t.equal(await status(sessions.use(carol.cookie, wiki)), 'live', 'others go on')
  spy.drops.length = 0
  mock.timers.tick(1000)
  await turn()
  t.same(spy.drops.splice(0), [alice.session.key], 'asked again each second, and no further than the first')
  spy.broken = false
  t.equal(
    await status(sessions.use(bob.cookie, wiki)),
    'session-ended',
    'though it answers, and still has it',
  )
  mock.timers.tick(1000)
  for (let turns = 0; turns < 4; turns++) await turn()
  t.same(spy.drops.splice(0), [alice.session.key, bob.session.key])
  t.match(await spy.store.list({}), [{ key: carol.session.key }])
  t.equal((await spy.store.list({})).length, 1)
  mock.timers.tick(1000)
  await turn()
  t.same(spy.drops, [], 'once')
  t.equal(await status(sessions.use(alice.cookie, wiki)), 'session-ended')
})

t.test('S-160: who begins to listen while a session ends hears of it, whatever the store does', async (t) => {
  const { sessions, signIn, spy } = open(t)
  const [slow, refused] = [await signIn(), await signIn()]
  const heard: string[] = []
  let release = (): void => {}
  spy.slowDrop = new Promise((resolve) => {
    release = resolve
  })
  const ending = sessions.end(slow.session)
  sessions.onEnd(slow.session, wiki, () => heard.push('while the store lets it go'))
  release()
  await ending
  spy.slowDrop = null
  spy.broken = true
  await t.rejects(sessions.end(refused.session), { code: 'STORE_UNAVAILABLE' })
  spy.broken = false
  sessions.onEnd(refused.session, wiki, () => heard.push('after the store refused'))
  await sessions.sweep()
  t.same(heard, ['while the store lets it go', 'after the store refused'])
})

t.test(
  'sign-outs that the store refused while others are retried are asked for again within a second',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    const refuse = () => Promise.reject(new StoreFault('STORE_UNAVAILABLE', 'broken for the test'))
    let release = (): void => {}
    const held = new Promise<boolean>((resolve) => {
      release = () => resolve(true)
    })
    const asked: string[] = []
    let drop: (key: string) => Promise<boolean> = refuse
    const endings = createSessionEndings((key) => {
      asked.push(key)
      return drop(key)
    })
    t.teardown(() => endings.close())
    await t.rejects(endings.end('first'))
    drop = (key) => (key === 'first' ? held : refuse())
    mock.timers.tick(1000)
    await t.rejects(endings.end('second'))
    mock.timers.tick(1000)
    release()
    await turn()
    await turn()
    drop = () => Promise.resolve(true)
    asked.length = 0
    mock.timers.tick(1000)
    await turn()
    t.same(asked, ['second'])
    drop = refuse
    await t.rejects(endings.end('third'))
    endings.close()
    await t.rejects(endings.end('fourth'))
    asked.length = 0
    mock.timers.tick(1000)
    await turn()
    t.same(asked, [], 'once closed it asks no more')
  },
)

t.test('sign-outs that the store refused are bounded, and the sweep asks for them too', async (t) => {
  const dropped: string[] = []
  let broken = true
  const endings = createSessionEndings((key) => {
    if (broken) throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
    return dropped.push(key) > 0
  })
  t.teardown(() => endings.close())
  for (let at = 0; at <= limits.refusedSignOuts; at++) await endings.end(`k${at}`).catch(() => {})
  t.equal(endings.has('k0'), false, 'the first made room')
  await endings.end('k5').catch(() => {})
  for (const key of ['k1', 'k2', 'k5', `k${limits.refusedSignOuts}`]) t.equal(endings.has(key), true, key)
  broken = false
  const retrying = Promise.all([endings.retry(), endings.retry()])
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(dropped.length < 10, 'not all in one turn')
  await retrying
  t.equal(dropped.length, limits.refusedSignOuts, 'each once')
  t.equal(endings.has('k1'), false)
  const { sessions, signIn, spy } = open(t)
  const { session } = await signIn()
  spy.broken = true
  await sessions.end(session).catch(() => {})
  spy.broken = false
  await sessions.sweep()
  t.same(await spy.store.list({}), [])
})

t.test('once closed it asks nothing of the store any more, and tells nobody', async (t) => {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const inner = openMemoryStore(systemClock)
  const asked: string[] = []
  const store: SessionStore = {
    ...inner,
    purge: (now) => {
      asked.push('purge')
      return inner.purge(now)
    },
  }
  const { sessions, signIn, spy, clock } = open(t, { store })
  const [first, second] = [await signIn(), await signIn()]
  sessions.onEnd(first.session, wiki, () => asked.push('ended'))
  spy.broken = true
  await sessions.end(second.session).catch(() => {})
  spy.broken = false
  sessions.close()
  spy.drops.length = 0
  clock.time = begin + 40_000
  for (let seconds = 0; seconds < 60; seconds++) mock.timers.tick(1000)
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
  t.same(asked, [])
  t.same(spy.drops, [])
  t.equal(spy.left, true, 'nor does it listen')
  await sessions.sweep()
  t.same(asked, ['purge'], 'nobody listens who could be told')
  t.same(spy.drops, [])
})

t.test('a sign-out by itself: ending while the store is asked, refused until it is taken', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const turns = async () => {
    for (let at = 0; at < 4; at++) await new Promise((resolve) => setImmediate(resolve))
  }
  let answer: () => boolean | Promise<boolean> = () => true
  const asked: string[] = []
  const endings = createSessionEndings((key) => {
    asked.push(key)
    return answer()
  })
  t.teardown(() => endings.close())
  t.equal(endings.has('k'), false)
  await t.resolveMatch(endings.end('k'), true)
  t.equal(endings.has('k'), false, 'it is the store’s to say from now on')
  answer = () => false
  await t.resolveMatch(endings.end('k'), false, 'there was none')
  let release = (): void => {}
  answer = () =>
    new Promise((resolve) => {
      release = () => resolve(true)
    })
  const ending = endings.end('k')
  t.equal(endings.has('k'), true, 'while the store is asked')
  release()
  await ending
  t.equal(endings.has('k'), false)
  const fault = new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
  answer = () => {
    throw fault
  }
  await t.rejects(endings.end('k'), fault)
  t.equal(endings.has('k'), true, 'refused')
  await t.resolves(endings.retry())
  t.equal(endings.has('k'), true, 'and again')
  asked.length = 0
  mock.timers.tick(999)
  await turns()
  t.same(asked, [])
  mock.timers.tick(1)
  await turns()
  t.same(asked.splice(0), ['k'])
  answer = () => true
  await t.resolveMatch(endings.end('k'), true, 'somebody signs out once more')
  t.equal(endings.has('k'), false)
  asked.length = 0
  mock.timers.tick(5000)
  await turns()
  t.same(asked, [], 'nothing is left to ask')
  t.doesNotThrow(() => endings.close())
})

t.test('at the bound the first makes room, but for one that is there already', async (t) => {
  const endings = createSessionEndings(() => {
    throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
  })
  t.teardown(() => endings.close())
  for (let at = 0; at < limits.refusedSignOuts; at++) await endings.end(`k${at}`).catch(() => {})
  t.equal(endings.has('k0'), true, 'as many as may be')
  await endings.end('k0').catch(() => {})
  t.equal(endings.has('k0'), true)
  t.equal(endings.has('k1'), true)
  await endings.end('new').catch(() => {})
  t.equal(endings.has('k0'), false)
  t.equal(endings.has('k1'), true)
})

t.test('a sign-out that is refused after the gateway closed is asked for no more', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let asked = 0
  const endings = createSessionEndings(() => {
    asked += 1
    throw new StoreFault('STORE_UNAVAILABLE', 'broken for the test')
  })
  endings.close()
  await t.rejects(endings.end('k'), { code: 'STORE_UNAVAILABLE' })
  mock.timers.tick(5000)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(asked, 1)
})
