import type { Test } from 'tap'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import type { KeyStore, KeyStoreChange } from '../../../src/core/keys/key-store.ts'
import { acme, keyOf, personKeyOf } from '../../core/keys/keys.ts'
import { poll } from '../../support/waiting.ts'

const alice = { ...acme, user: 'alice' }
const free = { ofPerson: null, now: 1000 }
const all = { after: null, most: 100 }
const idsOf = (keys: readonly ApiKey[]) => keys.map(({ id }) => id.replace(/0+$/, ''))
const idOf = (name: string) => name.padEnd(16, '0')

async function listed(store: KeyStore, query: Partial<Parameters<KeyStore['list']>[0]> = {}) {
  return idsOf((await store.list({ ...all, ...query })).keys)
}

/**
 * What every store of keys promises. `open` gives one on the same place each time it is called within a test, as another
 * process has it: closed by the test's end.
 */
export async function keyStoreContract(t: Test, place: (t: Test) => () => KeyStore): Promise<void> {
  await t.test('a key is there as it was made; another is not', async (t) => {
    const store = place(t)()
    const key = keyOf('a', { name: 'Grüße "\'; DROP TABLE api_key; --', claims: { a: [1, { b: null }] } })
    t.equal(await store.load(key.id), null)
    t.equal(await store.create(key, free), 'created')
    t.same(await store.load(key.id), key)
    for (const id of ['', 'a', idOf('A'), idOf('b'), '__proto__', "' OR 1=1 --", `${key.id}0`])
      t.equal(await store.load(id), null, id)
    await store.check()
  })

  await t.test('no key takes another’s place', async (t) => {
    const store = place(t)()
    const key = keyOf('a')
    await store.create(key, free)
    t.equal(await store.create({ ...key, name: 'other' }, free), 'exists')
    t.same(await store.load(key.id), key)
    t.same(await listed(store), ['a'])
    const both = await Promise.all(['one', 'two'].map((name) => store.create(keyOf('b', { name }), free)))
    t.same([...both].sort(), ['created', 'exists'])
    t.same(await listed(store), ['b', 'a'])
  })

  await t.test('a person has as many keys as one may; those that ended count no more', async (t) => {
    const store = place(t)()
    const bounds = { ofPerson: 2, now: 2000 }
    t.equal(await store.create(personKeyOf('a', { expiresAt: 1999 }), bounds), 'created')
    t.equal(await store.create(personKeyOf('b'), bounds), 'created')
    t.equal(await store.create(personKeyOf('c'), bounds), 'created')
    t.equal(await store.create(personKeyOf('d'), bounds), 'full')
    t.equal(await store.load(idOf('d')), null)
    t.same(await listed(store), ['c', 'b', 'a'])
    t.equal(await store.create(keyOf('e', { owner: { kind: 'operator', user: 'alice' } }), bounds), 'created')
    await store.change(idOf('b'), { kind: 'revoke', at: 1500 })
    t.equal(await store.create(personKeyOf('d'), bounds), 'created')
  })

  await t.test('a key of claims without end is not made, and claims of it put it to sleep', async (t) => {
    const store = place(t)()
    const many = { sub: 'alice', groups: Array.from({ length: 5000 }, (_, at) => `group ${at}`) }
    t.equal(await store.create(personKeyOf('a', { claims: many }), free), 'too-large')
    await store.create(personKeyOf('b'), free)
    t.equal(await store.refreshOwner(alice, many, 2000), 1)
    t.match(await store.load(idOf('b')), { asleep: true, claims: personKeyOf('b').claims })
  })

  await t.test('a key is revoked, rotated and renamed in one step', async (t) => {
    const store = place(t)()
    await store.create(keyOf('a'), free)
    const hash = 'h'.repeat(43)
    const rotated = await store.change(idOf('a'), { kind: 'rotate', hash, overlapUntil: 1500, at: 1200 })
    t.match(rotated, { secrets: [{ hash, until: null }, { until: 1500 }] })
    t.match(await store.change(idOf('a'), { kind: 'rename', name: 'new' }), { name: 'new' })
    t.match(await store.change(idOf('a'), { kind: 'revoke', at: 1300 }), { revokedAt: 1300 })
    t.match(await store.load(idOf('a')), { revokedAt: 1300, name: 'new', secrets: [{ hash }, {}] })
    t.match(await store.change(idOf('a'), { kind: 'revoke', at: 1400 }), { revokedAt: 1300 })
    t.equal(await store.change(idOf('b'), { kind: 'revoke', at: 1300 }), null)
    t.equal(await store.load(idOf('b')), null)
  })

  await t.test('of changes at once none is lost', async (t) => {
    const open = place(t)
    const stores = [open(), open()]
    await stores[0]?.create(personKeyOf('a'), free)
    const hashes = ['x', 'y', 'z'].map((digit) => digit.repeat(43))
    await Promise.all([
      ...hashes.map((hash, at) =>
        stores[at % 2]?.change(idOf('a'), { kind: 'rotate', hash, overlapUntil: null, at: 1200 }),
      ),
      stores[1]?.change(idOf('a'), { kind: 'rename', name: 'new' }),
      stores[0]?.refreshOwner(alice, { sub: 'alice', plan: 'free' }, 1300),
    ])
    const key = await stores[0]?.load(idOf('a'))
    t.match(key, { name: 'new', claims: { plan: 'free' }, claimsAt: 1300 })
    t.ok(hashes.includes(key?.secrets[0]?.hash ?? ''))
  })

  await t.test(
    'what a provider says of a person reaches all keys of that person, and no other',
    async (t) => {
      const store = place(t)()
      const person = (more: Partial<typeof alice>) => ({
        owner: { kind: 'person', ...alice, ...more } as const,
      })
      await store.create(personKeyOf('a'), free)
      await store.create(personKeyOf('b', { asleep: true }), free)
      const others = [
        personKeyOf('c', person({ user: 'bob' })),
        personKeyOf('d', person({ clientId: 'other' })),
        personKeyOf('e', person({ issuer: 'https://acme.example.com/' })),
        keyOf('f', { owner: { kind: 'operator', user: 'alice' } }),
      ]
      for (const key of others) await store.create(key, free)
      t.equal(await store.refreshOwner(alice, { sub: 'alice', plan: 'free' }, 2000), 2)
      for (const id of ['a', 'b'])
        t.match(await store.load(idOf(id)), { asleep: false, claims: { plan: 'free' }, claimsAt: 2000 })
      for (const key of others) t.same(await store.load(key.id), key)
      t.equal(await store.refreshOwner(alice, { sub: 'alice', plan: 'paid' }, 1999), 0)
      t.equal(await store.refreshOwner({ ...alice, user: 'nobody' }, {}, 2000), 0)
    },
  )

  await t.test(
    'the keys of a person are put to sleep: of one provider, or of all who are called so',
    async (t) => {
      const store = place(t)()
      const owner = { kind: 'person', ...alice, issuer: 'https://other.example.com' } as const
      await store.create(personKeyOf('a'), free)
      await store.create(personKeyOf('b', { owner }), free)
      await store.create(keyOf('c', { owner: { kind: 'operator', user: 'alice' } }), free)
      t.same(idsOf(await store.sleepOwner({ user: 'alice', provider: acme })), ['a'])
      t.match(await store.load(idOf('b')), { asleep: false })
      t.same(idsOf(await store.sleepOwner({ user: 'alice' })), ['b'])
      t.same(await store.sleepOwner({ user: 'alice' }), [])
      t.same(await store.sleepOwner({ user: 'nobody' }), [])
      for (const id of ['a', 'b']) t.match(await store.load(idOf(id)), { asleep: true })
      t.match(await store.load(idOf('c')), { asleep: false })
    },
  )

  await t.test('a list is read page by page, the newest first', async (t) => {
    const store = place(t)()
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const [at, name] of names.entries()) await store.create(keyOf(name, { createdAt: 1000 + at }), free)
    const pages: (readonly string[])[] = []
    for (let after: string | null = null, more = true; more; ) {
      const { keys, next } = await store.list({ after, most: 2 })
      pages.push(idsOf(keys))
      after = next
      more = next !== null
    }
    t.same(pages, [['e', 'd'], ['c', 'b'], ['a']])
    t.same(await store.list({ after: 'nonsense', most: 2 }), { keys: [], next: null })
    t.equal((await store.list({ after: null, most: 5 })).next, null)
  })

  await t.test('a list of one owner', async (t) => {
    const store = place(t)()
    const other = { kind: 'person', ...alice, issuer: 'https://other.example.com' } as const
    await store.create(personKeyOf('a', { createdAt: 1001 }), free)
    await store.create(personKeyOf('b', { createdAt: 1002, owner: other }), free)
    await store.create(keyOf('c', { createdAt: 1003 }), free)
    t.same(await listed(store, { user: 'alice' }), ['b', 'a'])
    t.same(await listed(store, { user: 'alice', provider: acme }), ['a'])
    t.same(await listed(store, { provider: acme }), ['a'])
    t.same(await listed(store, { user: 'shop' }), ['c'])
    t.same(await listed(store, { user: 'nobody' }), [])
    t.same(await listed(store, { user: 'alice', most: 1 }), ['b'])
  })

  await t.test('uses are added up by day, whoever counted them', async (t) => {
    const open = place(t)
    const [store, other] = [open(), open()]
    const use = { id: idOf('a'), day: '2026-11-29', count: 3, last: { at: 2000, network: '192.0.2.7' } }
    t.same(await store.usage(use.id), { days: [], last: null })
    await Promise.all([
      store.countUses([use, { ...use, day: '2026-11-28', count: 1, last: { at: 1900, network: '::/64' } }]),
      other.countUses([{ ...use, count: 4, last: { at: 1999, network: '192.0.2.8' } }]),
    ])
    await store.countUses([])
    t.same(await other.usage(use.id), {
      days: [
        { day: '2026-11-29', count: 7 },
        { day: '2026-11-28', count: 1 },
      ],
      last: { at: 2000, network: '192.0.2.7' },
    })
    t.same(await store.usage(idOf('b')), { days: [], last: null })
  })

  await t.test('each prefix that stored keys have', async (t) => {
    const store = place(t)()
    t.same(await store.prefixes(), [])
    await store.create(keyOf('a'), free)
    await store.create(keyOf('b', { prefix: 'old' }), free)
    await store.create(keyOf('c'), free)
    t.same([...(await store.prefixes())].sort(), ['cg', 'old'])
  })

  await t.test('whatever becomes of a key is told, here at once and elsewhere soon', async (t) => {
    const open = place(t)
    const [store, other] = [open(), open()]
    const here: KeyStoreChange[] = []
    const there: KeyStoreChange[] = []
    store.onChange((change) => here.push(change))
    const stop = other.onChange((change) => there.push(change))
    await poll(
      'a look',
      () => other.freshUntilMs(),
      (until) => until > performance.now(),
    )
    await store.create(personKeyOf('a'), free)
    const steps: readonly (() => unknown)[] = [
      () => store.change(idOf('a'), { kind: 'rename', name: 'x' }),
      () => store.refreshOwner(alice, {}, 2000),
      () => store.sleepOwner({ user: 'alice' }),
      () => store.change(idOf('a'), { kind: 'revoke', at: 2000 }),
      // What was done already is told again: nobody knows whether the others heard of it.
      () => store.change(idOf('a'), { kind: 'revoke', at: 2000 }),
    ]
    for (const step of steps) {
      here.length = 0
      there.length = 0
      await step()
      t.ok(isTold(here, idOf('a')), 'here')
      await poll(
        'the other',
        () => there,
        (told) => isTold(told, idOf('a')),
      )
    }
    stop()
  })
}

function isTold(told: readonly KeyStoreChange[], id: string): boolean {
  return told.some((change) => change.kind === 'any' || change.ids.includes(id))
}
