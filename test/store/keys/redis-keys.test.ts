import t, { type Test } from 'tap'
import type { KeyStore, KeyStoreChange } from '../../../src/core/keys/key-store.ts'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'
import type { RedisSettings } from '../../../src/core/session-store-settings.ts'
import { openRedisKeys } from '../../../src/store/keys/redis-keys.ts'
import { acme, keyOf, personKeyOf } from '../../core/keys/keys.ts'
import { startRedis } from '../../support/redis.ts'
import { storeContext } from '../../support/store-context.ts'
import { poll } from '../../support/waiting.ts'
import { newPrefix, patient, singleSettings } from '../redis/redis-store.ts'
import { redisCli, startCluster, startSentinel } from '../redis/topologies.ts'
import { keyStoreContract } from './contract.ts'

const free = { ofPerson: null, now: 1000 }
const alice = { ...acme, user: 'alice' }
/** The keys of the contract end in the time of this clock or not at all. */
const early = { now: () => 900, monotonicMs: () => performance.now() }

function open(t: Pick<Test, 'teardown'>, settings: RedisSettings, secrets = ['k'.repeat(32)]): KeyStore {
  const ring = buildKeyRing(secrets.map((secret) => new Secret(secret)))
  const store = openRedisKeys(settings, storeContext({ ring, clock: early }), patient.answerMs)
  t.teardown(() => store.close())
  return store
}

const placesOf = (settings: RedisSettings) => (t: Test) => {
  const own = { ...settings, keyPrefix: newPrefix() }
  return () => open(t, own)
}

t.test('a single Redis keeps the contract', async (t) => {
  const { port } = await startRedis(t)
  await keyStoreContract(t, placesOf(singleSettings(port)))
})

t.test('a primary that Sentinels name keeps the contract', async (t) => {
  const { settings } = await startSentinel(t)
  await keyStoreContract(t, placesOf(settings))
})

t.test('a cluster of three keeps the contract', async (t) => {
  const { settings } = await startCluster(t)
  await keyStoreContract(t, placesOf(settings))
})

t.test('nothing of a person, and no hash of a secret, stands in Redis', async (t) => {
  const { port } = await startRedis(t)
  const store = open(t, singleSettings(port))
  const owner = { kind: 'person', ...acme, user: 'alice-of-acme' } as const
  const key = personKeyOf('a', {
    owner,
    name: 'my-laptop',
    claims: { sub: 'alice-of-acme', plan: 'paid-for' },
  })
  await store.create(key, free)
  await store.countUses([{ id: key.id, day: '2026-11-29', count: 1, last: { at: 1, network: '192.0.2.7' } }])
  const names = redisCli(port, '--raw', 'KEYS', '*').split('\n')
  t.ok(names.length >= 5, names.join(' '))
  const dump = names.map((name) => {
    const kind = redisCli(port, '--raw', 'TYPE', name)
    const command =
      kind === 'string'
        ? ['GET', name]
        : kind === 'zset'
          ? ['ZRANGE', name, '0', '-1']
          : ['XRANGE', name, '-', '+']
    return `${name} ${redisCli(port, '--raw', ...command)}`
  })
  // Each is long enough not to come about by chance in what is random.
  const told = ['alice-of', 'my-laptop', 'paid-for', 'acme.example', '192.0.2.7', key.secrets[0]?.hash ?? '']
  for (const secret of told) t.notOk(dump.join('\n').includes(secret), secret)
})

t.test('another secret opens no key; an older one does until everything is sealed anew', async (t) => {
  const { port } = await startRedis(t)
  const settings = singleSettings(port)
  const [old, next] = ['o'.repeat(32), 'n'.repeat(32)]
  const before = open(t, settings, [old])
  for (const key of [personKeyOf('a'), keyOf('b')]) await before.create(key, free)
  const stranger = open(t, settings, [next])
  t.equal(await stranger.load(keyOf('a').id), null)
  t.equal(await stranger.create(keyOf('a'), free), 'exists')
  t.equal(await stranger.refreshOwner(alice, {}, 2000), 0)
  const both = open(t, settings, [next, old])
  t.equal(await both.refreshOwner(alice, { sub: 'alice', plan: 'free' }, 2000), 1)
  t.same(await both.reseal(), { records: 2, resealed: 1 })
  t.same(await both.reseal(), { records: 2, resealed: 0 })
  t.match(await stranger.load(keyOf('a').id), { claims: { plan: 'free' } })
  t.equal(await stranger.refreshOwner(alice, { sub: 'alice' }, 2001), 1)
})

t.test('a record that was put in another’s place is no key', async (t) => {
  const { port } = await startRedis(t)
  const settings = singleSettings(port)
  const store = open(t, settings)
  await store.create(keyOf('a'), free)
  await store.create(keyOf('b'), free)
  const name = (id: string) => `${settings.keyPrefix}key:{${keyOf(id).id}}`
  redisCli(port, 'SET', name('b'), redisCli(port, '--raw', 'GET', name('a')))
  t.equal(await store.load(keyOf('b').id), null)
  redisCli(port, 'SET', name('b'), 'nonsense')
  t.equal(await store.load(keyOf('b').id), null)
  t.equal(await store.change(keyOf('b').id, { kind: 'rename', name: 'x' }), null)
  t.same(await store.prefixes(), ['cg'])
})

t.test('a key that ended is forgotten by Redis itself; one that did not has no end', async (t) => {
  const { port } = await startRedis(t)
  const settings = singleSettings(port)
  const store = open(t, settings)
  const left = (id: string) => Number(redisCli(port, 'TTL', `${settings.keyPrefix}key:{${keyOf(id).id}}`))
  const days = (count: number) => count * 86_400
  await store.create(keyOf('a'), free)
  t.equal(left('a'), -1)
  await store.create(keyOf('b', { expiresAt: 900 + days(10) }), free)
  t.ok(left('b') > days(99) && left('b') <= days(100), `${left('b')}`)
  await store.change(keyOf('a').id, { kind: 'revoke', at: 900 })
  t.ok(left('a') > days(89) && left('a') <= days(90), `${left('a')}`)
  await store.change(keyOf('b').id, { kind: 'rename', name: 'x' })
  t.ok(left('b') > days(99), 'a change keeps the end')
})

t.test('whoever sees that a key was used sees from where', async (t) => {
  const { port } = await startRedis(t)
  const store = open(t, singleSettings(port))
  for (let at = 1; at <= 20; at++) {
    const { id } = keyOf('a', { id: `${at}`.padStart(16, 'k') })
    const last = { at, network: '192.0.2.7' }
    const counted = store.countUses([{ id, day: '2026-11-29', count: 1, last }])
    const seen = await Promise.all(Array.from({ length: 10 }, () => store.usage(id)))
    await counted
    t.same(
      seen.filter(({ days, last }) => days.length > 0 && last === null),
      [],
    )
    t.same(await store.usage(id), { days: [{ day: '2026-11-29', count: 1 }], last })
  }
})

t.test(
  'of changes to several keys, what was done before one of them failed is told, and all of it again',
  async (t) => {
    const { port } = await startRedis(t)
    const settings = { ...singleSettings(port), keyPrefix: 'p:' }
    const [store, other] = [open(t, settings), open(t, settings)]
    const idsOf = (told: readonly KeyStoreChange[]) =>
      told.flatMap((change) => (change.kind === 'any' ? ['any'] : change.ids)).map((id) => id[0])
    const here: KeyStoreChange[] = []
    const there: KeyStoreChange[] = []
    store.onChange((change) => here.push(change))
    for (const id of ['a', 'b', 'c']) await store.create(personKeyOf(id), free)
    other.onChange((change) => there.push(change))
    await poll(
      'a look',
      () => other.freshUntilMs(),
      (until) => until > performance.now(),
    )
    const permit = (...keys: string[]) => redisCli(port, 'ACL', 'SETUSER', 'default', 'resetkeys', ...keys)
    permit('~p:key:{a*', '%R~p:key:{b*', '~p:key:{c*', '~p:keys', '~p:key-*')
    here.length = 0
    there.length = 0
    await t.rejects(async () => store.sleepOwner({ user: 'alice', provider: acme }), {
      code: 'STORE_UNAVAILABLE',
    })
    const heard = (ids: readonly string[]) =>
      poll(
        `word of ${ids}`,
        () => idsOf(there),
        (told) => ids.every((id) => told.includes(id)),
      )
    t.ok(
      ['a', 'c'].every((id) => idsOf(here).includes(id)),
      `here: ${idsOf(here)}`,
    )
    await heard(['a', 'c'])
    permit('~*')
    here.length = 0
    there.length = 0
    t.same(
      (await store.sleepOwner({ user: 'alice' })).map(({ id }) => id[0]),
      ['b'],
      'the one that was awake',
    )
    t.same(idsOf(here).sort(), ['a', 'b', 'c'], 'nobody knows whether the others heard of it')
    await heard(['a', 'b', 'c'])
  },
)

t.test('while Redis is away every call says so, and once it is back they are answered', async (t) => {
  const server = await startRedis(t)
  const settings = singleSettings(server.port)
  const store = open(t, settings)
  await store.create(keyOf('a'), free)
  await server.stop('SIGKILL')
  const calls: readonly (() => unknown)[] = [
    () => store.load(keyOf('a').id),
    () => store.create(keyOf('b'), free),
    () => store.change(keyOf('a').id, { kind: 'revoke', at: 1 }),
    () => store.list({ after: null, most: 1 }),
    () => store.refreshOwner(alice, {}, 1),
    () => store.sleepOwner({ user: 'alice' }),
    () => store.countUses([{ id: 'a', day: 'd', count: 1, last: { at: 1, network: 'n' } }]),
    () => store.usage('a'),
    () => store.prefixes(),
    () => store.reseal(),
    () => store.check(),
  ]
  for (const call of calls)
    await t.rejects(Promise.resolve().then(call), {
      code: 'STORE_UNAVAILABLE',
      message: /^the key store redis/,
    })
  await startRedis(t, { port: server.port })
  await t.resolves(
    (async () => {
      for (;;) {
        try {
          return await store.create(keyOf('b'), free)
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      }
    })(),
  )
})
