import { randomBytes } from 'node:crypto'
import t from 'tap'
import { newKeyId } from '../../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { acme, keyOf, personKeyOf, secretOf } from '../../core/keys/keys.ts'
import { openKeys } from '../../store/keys/sqlite-key-store.ts'
import { usedHeapBytes } from '../../support/heap.ts'
import { poll } from '../../support/waiting.ts'
import { keyEdition, openRuntimeKeys, usual, whyOf } from './keys.ts'

const free = { ofPerson: null, now: 1000 }
const alice = { ...acme, user: 'alice' }

t.test('a key that is used again and again is asked for once, and answered without a promise', async (t) => {
  const { keys, store, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a'), free)
  for (let at = 0; at < 5; at++) t.equal(await ask(keyOf('a')), 'identified')
  t.equal(store.loads, 1)
  const presented = { prefix: 'cg', id: keyOf('a').id, secret: secretOf('a') }
  t.notOk(keys.verify(presented, { ...usual, now: 2000 }) instanceof Promise)
})

t.test('a wrong secret of a known key costs the store nothing', async (t) => {
  const { store, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a'), free)
  t.equal(await ask(keyOf('a')), 'identified')
  for (const secret of ['b', 'c', 'd']) t.equal(await ask(keyOf('a'), secret), 'key-invalid')
  t.equal(store.loads, 1)
  t.equal(await ask(keyOf('a')), 'identified')
})

t.test('an id of no key is asked for once, and known as soon as such a key is made', async (t) => {
  const { store, clock, ask } = openRuntimeKeys(t)
  for (let at = 0; at < 5; at++) t.equal(await ask(keyOf('a')), 'key-invalid')
  t.equal(store.loads, 1)
  await store.create(keyOf('a'), free)
  t.equal(await ask(keyOf('a')), 'identified')
  t.equal(await ask(keyOf('b')), 'key-invalid')
  const { loads } = store
  clock.time += limits.unknownKeyMs / 1000
  t.equal(await ask(keyOf('b')), 'key-invalid')
  t.equal(store.loads, loads + 1)
})

t.test('the same id behind another prefix of ours is another key', async (t) => {
  const { keys, store } = openRuntimeKeys(t, keyEdition({ prefixes: ['cg', 'old'] }))
  await store.create(keyOf('a'), free)
  const presented = { prefix: 'old', id: keyOf('a').id, secret: secretOf('a') }
  t.equal(whyOf(await keys.verify(presented, { ...usual, now: 2000 })), 'key-invalid')
})

t.test('a key that was revoked here is refused from then on', async (t) => {
  const { keys, store, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a'), free)
  t.equal(await ask(keyOf('a')), 'identified')
  const told: unknown[] = []
  const stop = keys.onChange((change) => told.push(change))
  await store.change(keyOf('a').id, { kind: 'revoke', at: 1500 })
  t.equal(await ask(keyOf('a')), 'key-revoked')
  t.same(told, [{ kind: 'keys', ids: [keyOf('a').id] }])
  stop()
  await store.change(keyOf('a').id, { kind: 'revoke', at: 1500 })
  t.equal(told.length, 1)
})

t.test('a key that another process revoked is refused soon, and who listens is told', async (t) => {
  const folder = t.testdir()
  const { keys, store, ask } = openRuntimeKeys(t, keyEdition(), folder)
  await store.create(keyOf('a'), free)
  t.equal(await ask(keyOf('a')), 'identified')
  const told: unknown[] = []
  keys.onChange((change) => told.push(change))
  await openKeys(t, folder).change(keyOf('a').id, { kind: 'revoke', at: 1500 })
  await poll(
    'the change',
    () => told.length,
    (count) => count > 0,
  )
  t.equal(await ask(keyOf('a')), 'key-revoked')
})

t.test('who comes after a revocation gets no answer from before it', async (t) => {
  const { store, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a'), free)
  let open = () => {}
  store.gate = new Promise((resolve) => {
    open = resolve
  })
  // Two at once cost one look-up.
  const early = [ask(keyOf('a')), ask(keyOf('a'))]
  t.equal(store.loads, 1)
  store.gate = null
  await store.change(keyOf('a').id, { kind: 'revoke', at: 1500 })
  t.equal(await ask(keyOf('a')), 'key-revoked')
  open()
  await Promise.all(early)
  t.equal(await ask(keyOf('a')), 'key-revoked')
})

t.test('both secrets open during an overlap; then the former one is told that it is over', async (t) => {
  const { store, clock, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a'), free)
  const hash = hashKeySecret(secretOf('b'))
  await store.change(keyOf('a').id, { kind: 'rotate', hash, overlapUntil: 2500, at: 2000 })
  t.equal(await ask(keyOf('a'), 'a'), 'identified')
  t.equal(await ask(keyOf('a'), 'b'), 'identified')
  clock.time = 2500
  t.equal(await ask(keyOf('a'), 'a'), 'key-over')
  t.equal(await ask(keyOf('a'), 'b'), 'identified')
})

t.test('while the store does not answer, keys that were verified lately open, and no others', async (t) => {
  const { store, clock, faults, ask } = openRuntimeKeys(t, keyEdition({}, 60))
  for (const id of ['a', 'b']) await store.create(keyOf(id), free)
  t.equal(await ask(keyOf('a')), 'identified')
  store.fails = true
  t.equal(await ask(keyOf('a')), 'identified')
  const { loads } = store
  for (let at = 0; at < 5; at++) t.equal(await ask(keyOf('a')), 'identified')
  t.equal(store.loads, loads, 'the store is not asked for each request')
  t.equal(faults.length, 1)
  await t.rejects(ask(keyOf('b')), { code: 'STORE_UNAVAILABLE' })
  t.equal(await ask(keyOf('a'), 'b'), 'key-invalid')
  clock.time += 60
  await t.rejects(ask(keyOf('a')), { code: 'STORE_UNAVAILABLE' })
  store.fails = false
  t.equal(await ask(keyOf('a')), 'identified')
  t.equal(await ask(keyOf('b')), 'identified')
})

t.test('a key of which a change is known does not go on while the store is away', async (t) => {
  const { store, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a'), free)
  t.equal(await ask(keyOf('a')), 'identified')
  await store.change(keyOf('a').id, { kind: 'revoke', at: 1500 })
  store.fails = true
  await t.rejects(ask(keyOf('a')), { code: 'STORE_UNAVAILABLE' })
})

t.test('a remembered key is held against the store each minute', async (t) => {
  const { store, clock, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a'), free)
  t.equal(await ask(keyOf('a')), 'identified')
  clock.time += 59
  t.equal(await ask(keyOf('a')), 'identified')
  t.equal(store.loads, 1)
  clock.time += 1
  t.equal(await ask(keyOf('a')), 'identified')
  t.equal(store.loads, 2)
})

t.test('keys of the file are known without the store, and follow the configuration', async (t) => {
  const { keys, store, ask } = openRuntimeKeys(t, keyEdition({ keys: [keyOf('f')] }))
  store.fails = true
  t.equal(await ask(keyOf('f')), 'identified')
  t.equal(await ask(keyOf('f'), 'b'), 'key-invalid')
  t.equal(store.loads, 0)
  keys.renew(keyEdition({ keys: [keyOf('f', { revokedAt: 1000 })] }))
  t.equal(await ask(keyOf('f')), 'key-revoked')
  store.fails = false
  keys.renew(keyEdition())
  t.equal(await ask(keyOf('f')), 'key-invalid')
})

t.test('who a key is follows the configuration', async (t) => {
  const { keys, store, ask } = openRuntimeKeys(t)
  await store.create(personKeyOf('a', { claimsAt: 2000 }), free)
  t.equal(await ask(keyOf('a')), 'identified')
  keys.renew(keyEdition({ selfService: null }))
  t.equal(await ask(keyOf('a')), 'key-asleep')
  keys.renew(keyEdition())
  t.equal(await ask(keyOf('a')), 'identified')
})

t.test('a network that guesses gets 429, but for keys that are known to be good', async (t) => {
  const { store, clock, ask } = openRuntimeKeys(t, keyEdition({ keys: [keyOf('f')] }))
  for (const id of ['good', 'other']) await store.create(keyOf(id), free)
  t.equal(await ask(keyOf('good')), 'identified')
  for (let at = 0; at < limits.failedCredentials; at++)
    t.equal(await ask(`guess${at}x`.padEnd(16, '0')), 'key-invalid')
  const { loads } = store
  t.equal(await ask(keyOf('unknown')), 'throttled')
  t.equal(await ask(keyOf('good'), 'b'), 'throttled')
  // Nobody can tell it from a guess without asking.
  t.equal(await ask(keyOf('other')), 'throttled')
  t.equal(store.loads, loads)
  t.equal(await ask(keyOf('good')), 'identified')
  t.equal(await ask(keyOf('f')), 'identified', 'keys of the file are known, though nobody used them yet')
  t.equal(await ask(keyOf('f'), 'b'), 'throttled')
  t.equal(await ask(keyOf('other'), 'a', { network: { key: 'elsewhere', hidden: false } }), 'identified')
  clock.time += limits.failedCredentialsMs / 1000
  t.equal(await ask(keyOf('unknown')), 'key-invalid')
})

t.test('a good key that opens nothing is no guess', async (t) => {
  const { store, ask } = openRuntimeKeys(t)
  await store.create(keyOf('a', { revokedAt: 1500 }), free)
  for (let at = 0; at < 2 * limits.failedCredentials; at++) t.equal(await ask(keyOf('a')), 'key-revoked')
  t.equal(await ask(keyOf('b')), 'key-invalid')
})

t.test('100,000 keys of nobody, from anywhere, cost the store and the memory what is stated', async (t) => {
  const { store, clock, ask } = openRuntimeKeys(t)
  await store.create(keyOf('good'), free)
  t.equal(await ask(keyOf('good')), 'identified')
  const flood = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const network = { key: `network ${at}`, hidden: false }
      const why = await ask(newKeyId(randomBytes), 'b', { network })
      if (why !== 'key-invalid' && why !== 'throttled') t.fail(why)
      if (at % 1000 === 0) t.equal(await ask(keyOf('good')), 'identified')
    }
  }
  await flood(20_000)
  const before = usedHeapBytes()
  const { loads } = store
  await flood(80_000)
  t.ok(usedHeapBytes() < before + 4_000_000, `${usedHeapBytes() - before} bytes more`)
  t.equal(store.loads, loads, 'within one second no more is asked for')
  t.equal(loads, 1 + limits.unknownKeyLookups)
  for (let second = 1; second <= 3; second++) {
    clock.time += 1
    await flood(1000)
    t.equal(store.loads, 1 + (1 + second) * limits.unknownKeyLookups)
  }
})

t.test('uses are counted by day, and written together', async (t) => {
  const folder = t.testdir()
  const { keys, store } = openRuntimeKeys(t, keyEdition(), folder)
  const network = { key: '192.0.2.7', hidden: false }
  const noon = Date.UTC(2026, 10, 29, 12) / 1000
  for (let at = 0; at < 3; at++) keys.used('a', noon + at, network)
  keys.used('a', noon + 86_400, { key: '::/64', hidden: false })
  keys.used('b', noon, network)
  t.same(await store.usage('a'), { days: [], last: null })
  await keys.close()
  const again = openKeys(t, folder)
  t.same(await again.usage('a'), {
    days: [
      { day: '2026-11-30', count: 1 },
      { day: '2026-11-29', count: 3 },
    ],
    last: { at: noon + 86_400, network: '::/64' },
  })
  t.match(await again.usage('b'), { days: [{ count: 1 }] })
})

t.test('what a provider says of a person reaches that person’s keys', async (t) => {
  const { keys, store, ask } = openRuntimeKeys(t)
  await store.create(personKeyOf('a', { claimsAt: 2000, asleep: true }), free)
  t.equal(await ask(keyOf('a')), 'key-asleep')
  keys.signedIn({ ...alice, claims: { sub: 'alice', plan: 'free', ssn: '1' }, at: 2000 }, 'sign-in')
  await poll(
    'the key awake',
    () => ask(keyOf('a')),
    (why) => why === 'identified',
  )
  t.same((await store.load(keyOf('a').id))?.claims, { sub: 'alice', plan: 'free' })
  t.same(
    (await keys.sleep({ user: 'alice' })).map(({ id }) => id),
    [keyOf('a').id],
  )
  t.equal(await ask(keyOf('a')), 'key-asleep')
})

t.test('where people make no keys, nothing a provider says changes one', async (t) => {
  const { keys, store } = openRuntimeKeys(t)
  await store.create(personKeyOf('a'), free)
  const said = { ...alice, claims: { sub: 'alice', plan: 'free' }, at: 2000 }
  keys.signedIn({ ...said, clientId: 'another' }, 'sign-in')
  // It was asked for tokens: what is at hand is from the sign-in.
  keys.signedIn(said, 'recheck')
  keys.renew(keyEdition({ selfService: null }))
  keys.signedIn(said, 'sign-in')
  t.match(await store.load(keyOf('a').id), { claims: { plan: 'paid' }, claimsAt: 1000 })
})

t.test('a store that is away fails no sign-in; who is gone is remembered until it is back', async (t) => {
  const { keys, store, faults, ask } = openRuntimeKeys(t)
  await store.create(personKeyOf('a', { claimsAt: 2000 }), free)
  store.fails = true
  keys.signedIn({ ...alice, claims: { sub: 'alice' }, at: 2000 }, 'sign-in')
  keys.sleepSoon({ user: 'alice', provider: acme })
  await poll(
    'both faults',
    () => faults.length,
    (count) => count === 2,
  )
  store.fails = false
  t.equal(await ask(keyOf('a')), 'identified')
  await poll(
    'the sleep',
    () => ask(keyOf('a')),
    (why) => why === 'key-asleep',
  )
})

t.test('who was called gone and signs in before the store is back keeps the keys awake', async (t) => {
  const { keys, store, faults, ask } = openRuntimeKeys(t)
  const bob = { kind: 'person', ...acme, user: 'bob' } as const
  await store.create(personKeyOf('a', { claimsAt: 2000 }), free)
  await store.create(personKeyOf('b', { owner: bob, claims: { sub: 'bob' }, claimsAt: 2000 }), free)
  store.fails = true
  for (const user of ['alice', 'bob']) keys.sleepSoon({ user, provider: acme })
  await poll(
    'a fault',
    () => faults.length,
    (count) => count > 0,
  )
  store.fails = false
  keys.signedIn({ ...alice, claims: { sub: 'alice', plan: 'free' }, at: 2000 }, 'sign-in')
  await poll(
    'the sleep of the other',
    () => ask(keyOf('b')),
    (why) => why === 'key-asleep',
  )
  t.equal(await ask(keyOf('a')), 'identified')
})
