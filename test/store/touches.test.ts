import { mock } from 'node:test'
import t from 'tap'
import { createTouchQueue } from '../../src/store/touches.ts'
import { timersThatHold } from '../support/clock.ts'
import { sessionOf } from './contract.ts'
import { openSqlite } from './sqlite-store.ts'

t.test('touches are written a second later, together', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const folder = t.testdir()
  const [ours, theirs] = [openSqlite(t, folder), openSqlite(t, folder)]
  for (const key of ['a', 'b']) await ours.save(sessionOf(key), 2000)
  for (const key of ['a', 'b']) ours.touch(key, 1500, 2500)
  t.match(theirs.load('a'), { lastSeenAt: 1000 })
  mock.timers.tick(1000)
  for (const key of ['a', 'b']) t.match(theirs.load(key), { lastSeenAt: 1500 })
  ours.touch('a', 1600, 2600)
  mock.timers.tick(1000)
  t.match(theirs.load('a'), { lastSeenAt: 1600 }, 'and the next ones again')
})

t.test('touches wait together, at most so many, and a store that is locked gets them later', async (t) => {
  const written: string[][] = []
  let failure: 'none' | 'busy' | 'broken' = 'none'
  const queue = createTouchQueue(
    (touches) => {
      if (failure !== 'none') throw new Error(failure)
      written.push([...touches.keys()])
    },
    (thrown) => thrown instanceof Error && thrown.message === 'busy',
  )
  const touch = { lastSeenAt: 1, expiresAt: 2 }
  queue.flush()
  queue.add('a', touch)
  queue.add('a', { lastSeenAt: 1, expiresAt: 3 })
  queue.add('a', { lastSeenAt: 0, expiresAt: 4 })
  t.equal(queue.get('a'), touch, 'of two of the same second the first counts')
  for (const key of ['a', 'b', 'a']) queue.add(key, touch)
  t.same(written, [])
  queue.flush()
  t.same(written.splice(0), [['a', 'b']])
  failure = 'busy'
  queue.add('a', touch)
  queue.flush()
  t.same(queue.get('a'), touch)
  failure = 'none'
  queue.flush()
  t.same(written.splice(0), [['a']])
  failure = 'broken'
  queue.add('a', touch)
  queue.flush()
  t.equal(queue.get('a'), undefined)
  failure = 'none'
  for (let at = 0; at < 10_000; at++) queue.add(`k${at}`, touch)
  t.equal(written.splice(0)[0]?.length, 10_000, 'a full queue is written at once')
  failure = 'busy'
  for (let at = 0; at < 10_000; at++) queue.add(`k${at}`, touch)
  t.equal(queue.get('k0'), undefined, 'a full one is let go, rather than grow')
  failure = 'none'
  queue.close()
})

t.test('touches that wait keep no process alive, and a store that is listened to does not', async (t) => {
  const store = openSqlite(t)
  const before = timersThatHold()
  store.touch('k1', 1500, 2500)
  store.onChange(() => {})
  t.equal(timersThatHold(), before)
})

t.test('S-159: a touch that waits gives way to one of a clock that was set right', async (t) => {
  const queue = createTouchQueue(
    () => {},
    () => false,
  )
  t.teardown(() => queue.close())
  queue.add('a', { lastSeenAt: 0, expiresAt: 100 })
  t.match(queue.get('a'), { lastSeenAt: 0 }, 'the first, whatever its time')
  queue.add('a', { lastSeenAt: 5000, expiresAt: 6000 })
  queue.add('a', { lastSeenAt: 4940, expiresAt: 5940 })
  t.match(queue.get('a'), { lastSeenAt: 5000 })
  queue.add('a', { lastSeenAt: 4939, expiresAt: 5939 })
  t.match(queue.get('a'), { lastSeenAt: 4939, expiresAt: 5939 })
})

t.test('one touch is written once: by the flush or a second later, and none once it is closed', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const written: string[] = []
  let busy = false
  const queue = createTouchQueue(
    (touches) => {
      written.push(...touches.keys())
      if (busy) throw new Error('busy')
    },
    () => true,
  )
  const touch = { lastSeenAt: 1, expiresAt: 2 }
  queue.add('a', touch)
  mock.timers.tick(500)
  queue.flush()
  queue.add('b', touch)
  mock.timers.tick(999)
  t.same(written.splice(0), ['a'], 'the timer of what was flushed is not the next one’s')
  mock.timers.tick(1)
  t.same(written.splice(0), ['b'])
  mock.timers.tick(5000)
  t.same(written, [])
  busy = true
  queue.add('c', touch)
  mock.timers.tick(1000)
  mock.timers.tick(1000)
  t.same(written.splice(0), ['c', 'c'], 'what was refused is tried again each second')
  queue.close()
  t.same(written.splice(0), ['c'], 'and once more at the end')
  t.equal(queue.get('c'), undefined)
  mock.timers.tick(5000)
  t.same(written, [], 'then no more')
})
