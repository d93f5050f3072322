import t, { type Test } from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import type { Clock } from '../../src/core/ports.ts'
import { memoryBytes } from '../../src/core/session/session-record.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openMemoryStates } from '../../src/store/memory-states.ts'
import { openStore } from '../../src/store/open.ts'
import { createTestClock } from '../support/clock.ts'
import { storeContext } from '../support/store-context.ts'
import { sessionOf, storeContract } from './contract.ts'
import { formContract } from './contract-forms.ts'
import { renewalContract } from './contract-renewals.ts'

const open = (t: Test, clock: Clock = systemClock) => {
  const store = openStore({ store: { kind: 'memory' } }, '/nowhere', storeContext({ clock }))
  t.teardown(() => store.close())
  return store
}

t.test('the memory store keeps the contract', async (t) => {
  await storeContract(t, open)
  await renewalContract(t, open)
  await formContract(t, open)
})

t.test('the memory store is bounded in sessions and in bytes: the oldest makes room', async (t) => {
  const store = openMemoryStore(systemClock, { sessions: 3, bytes: 1_000_000 })
  for (const key of ['a', 'b', 'c']) await store.save(sessionOf(key), 2000)
  await store.save(sessionOf('b'), 2000)
  await store.save(sessionOf('d'), 2000)
  t.equal(await store.load('a'), null)
  for (const key of ['b', 'c', 'd']) t.not(await store.load(key), null, key)

  const large = (key: string, length: number) => sessionOf(key, { idToken: 'x'.repeat(length) })
  const bytes = (key: string, length: number) => memoryBytes(large(key, length))
  const small = openMemoryStore(systemClock, { sessions: 100, bytes: bytes('a', 1000) * 3 })
  for (const key of ['a', 'b', 'c']) await small.save(large(key, 1000), 2000)
  t.equal((await small.list({})).length, 3, 'they fit exactly')
  small.touch('a', 1500, 2500)
  await small.save(large('d', 1500), 2000)
  t.same((await small.list({})).map(({ key }) => key).sort(), ['c', 'd'])
  await small.drop('d')
  await small.save(large('e', 1000), 2000)
  await small.save(large('f', 1000), 2000)
  t.same((await small.list({})).map(({ key }) => key).sort(), ['c', 'e', 'f'], 'what was dropped makes room')
  await small.save(large('c', 1000), 2000)
  t.equal((await small.list({})).length, 3, 'also what is replaced')
  await small.close()
  t.same(await small.list({}), [], 'one that is closed holds nothing')
  for (const key of ['a', 'b', 'c']) await small.save(large(key, 1000), 2000)
  t.equal((await small.list({})).length, 3)
})

t.test(
  'in the memory store a lock that only ran out renews nothing; one of a wrong clock gives way',
  async (t) => {
    const clock = createTestClock(1000)
    const store = open(t, clock)
    await store.save(sessionOf('k1'), 5000)
    t.equal(await store.lock('k1', { id: 'a', at: 1000, until: 1030 }), true)
    clock.time = 1029
    t.equal(await store.renew(sessionOf('k1', { idToken: 'new' }), 'a'), true)
    clock.time = 1030
    t.equal(await store.renew(sessionOf('k1', { idToken: 'late' }), 'a'), false)
    t.match(await store.load('k1'), { idToken: 'new' })
    t.equal(await store.lock('k1', { id: 'ahead', at: 9000, until: 9030 }), true)
    t.equal(await store.lock('k1', { id: 'b', at: 1030, until: 1060 }), true)
  },
)

t.test(
  'in the memory store a session that grows as it is renewed takes the room of the oldest others',
  async (t) => {
    const large = (key: string, length: number) => sessionOf(key, { idToken: 'x'.repeat(length) })
    const clock = createTestClock(1000)
    const store = openMemoryStore(clock, { sessions: 9, bytes: memoryBytes(large('a', 1000)) * 3 })
    for (const key of ['a', 'b', 'c']) await store.save(large(key, 1000), 2000)
    await store.lock('a', { id: 'a', at: 1000, until: 1030 })
    t.equal(await store.renew(large('a', 1001), 'a'), true)
    t.same((await store.list({})).map(({ key }) => key).sort(), ['a', 'c'])
    t.equal(await store.renew(large('a', 1000), 'a'), true)
    await store.save(large('d', 1000), 2000)
    t.equal((await store.list({})).length, 3, 'what it gave back is counted too')
  },
)

t.test('in the memory store, sessions that are gone count to nobody any more', async (t) => {
  const store = openMemoryStore(systemClock)
  const fill = async (expiresAt: number) => {
    for (let at = 0; at < limits.personSessions; at++) await store.save(sessionOf(`k${at}`), expiresAt)
  }
  await fill(2000)
  await store.purge(2000)
  await fill(2000)
  await store.revoke({ by: 'all' })
  await fill(2000)
  await store.close()
  await fill(2000)
  t.same(await store.save(sessionOf('new'), 2000), ['k0'])
})

t.test('of what sign-ins came to, what was kept first is forgotten, and no state for it', async (t) => {
  const states = openMemoryStates(10, 100)
  const spend = (hash: string) => states.spend(hash, { at: 1000, until: 2000 })
  const keep = (hash: string, bytes: number) =>
    states.keepOutcome(hash, { sealed: hash.repeat(bytes), until: 1060 })
  const lengths = async () =>
    Promise.all(['a', 'b', 'c'].map(async (hash) => (await states.spent(hash))?.outcome?.sealed.length))
  for (const hash of ['a', 'b', 'c']) await spend(hash)
  await keep('a', 40)
  await keep('b', 40)
  t.same(await lengths(), [40, 40, undefined])
  await keep('c', 40)
  t.same(await lengths(), [0, 40, 40], 'nobody waits for the first any more')
  await keep('b', 60)
  t.same(await lengths(), [0, 60, 40], 'one that is kept again counts once')
  t.equal(await spend('a'), false)
  states.purge(1060)
  t.same(await lengths(), [0, 0, 0])
  await keep('a', 100)
  t.same(await lengths(), [100, 0, 0], 'what went makes room')
})

t.test(
  'of states that were spent in memory, those spent first are forgotten, and none for one that comes twice',
  async (t) => {
    const states = openMemoryStates(3)
    const spend = (hash: string) => states.spend(hash, { at: 1000, until: 2000 })
    for (const hash of ['a', 'b', 'c']) t.equal(await spend(hash), true)
    for (const hash of ['a', 'b', 'c']) t.equal(await spend(hash), false, `${hash} is remembered`)
    t.equal(await spend('d'), true)
    for (const hash of ['b', 'c', 'd']) t.equal(await spend(hash), false, `${hash} stayed`)
    t.equal(await spend('a'), true, 'the first made room')
  },
)
