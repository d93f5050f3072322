// What happens to a renewal when something else happens at the same moment: each moment is brought about, none is hoped for.
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { SessionStore } from '../../../src/core/ports.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createRecordSeal } from '../../../src/core/session/record-seal.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'
import { Failure } from '../../../src/store/redis/connection.ts'
import { openParts } from '../../../src/store/redis/open-parts.ts'
import type { Parts } from '../../../src/store/redis/parts.ts'
import { readSessions } from '../../../src/store/redis/reading.ts'
import { createRenewals } from '../../../src/store/redis/renewals.ts'
import { createSaving } from '../../../src/store/redis/saving.ts'
import { slotOf } from '../../../src/store/redis/slot.ts'
import { startRedis } from '../../support/redis.ts'
import { storeContext } from '../../support/store-context.ts'
import { poll } from '../../support/waiting.ts'
import { sessionOf } from '../contract.ts'
import { openRedis, patient, singleSettings } from './redis-store.ts'
import { redisCli, startCluster, startReplicated, startSentinel } from './topologies.ts'

const tokens = (name: string) => ({ access: null, refresh: `refresh-${name}` })
const session = (name: string) => sessionOf('k1', { idToken: `id-${name}`, tokens: tokens(name) })
const lock = { id: 'canary-lock', at: 1000, until: 1600 }

async function open(t: Test, more: Parameters<typeof storeContext>[0] = {}) {
  const { port } = await startRedis(t)
  const settings = singleSettings(port, { keyPrefix: 'p:' })
  const parts = openParts(settings, storeContext(more), patient.answerMs)
  t.teardown(() => {
    parts.changes.close()
    parts.servers.close()
  })
  const store = openRedis(t, settings)
  await store.save(session('old'), 5000)
  t.equal(await store.lock('k1', lock), true)
  return { cli: (...args: string[]) => redisCli(port, ...args), parts, store, port, settings }
}

/** What is done around the one script that writes. */
function around(
  parts: Parts,
  { before = async () => {}, after = async () => {} }: { before?: () => unknown; after?: () => unknown },
): Parts {
  const { servers } = parts
  return {
    ...parts,
    servers: {
      ...servers,
      async send(key, commands) {
        if (commands[0]?.[0] !== 'EVAL') return servers.send(key, commands)
        await before()
        const replies = await servers.send(key, commands)
        await after()
        return replies
      },
    },
  }
}

const once = (work: () => unknown) => {
  let done = false
  return async () => {
    if (done) return
    done = true
    await work()
  }
}

t.test('a session that ends between the look and the write stays ended, whoever ends it', async (t) => {
  const provider = sessionOf('k1')
  const ends: readonly ((store: SessionStore) => unknown)[] = [
    (store) => store.drop('k1'),
    (store) => store.revoke({ by: 'user', user: 'alice', provider }),
    (store) => store.revoke({ by: 'all' }),
  ]
  for (const [at, end] of ends.entries())
    for (const when of ['before', 'after'] as const) {
      const { parts, cli, store } = await open(t)
      const renewals = createRenewals(around(parts, { [when]: once(() => end(store)) }))
      t.equal(await renewals.renew(session('new'), lock.id), false, `${at} ${when}`)
      t.equal(await store.load('k1'), null)
      t.equal(cli('EXISTS', 'p:session:{k1}'), '0', 'nor is it written once more')
    }
})

t.test('a tombstone alone is enough, though the record was not removed yet', async (t) => {
  for (const when of ['before', 'after'] as const) {
    const { parts, cli, store } = await open(t)
    const mark = () => cli('SET', 'p:ended:{k1}', '1')
    const renewals = createRenewals(around(parts, { [when]: once(mark) }))
    t.equal(await renewals.renew(session('new'), lock.id), false, when)
    t.equal(await store.load('k1'), null)
  }
})

t.test('a mark that came meanwhile still ends what was renewed', async (t) => {
  const { parts, cli, store } = await open(t)
  const renewals = createRenewals(around(parts, { before: once(() => cli('SET', 'p:mark:all', 'new')) }))
  t.equal(await renewals.renew(session('new'), lock.id), false)
  t.equal(await store.load('k1'), null)
})

t.test('a lock that another took between the look and the write renews nothing', async (t) => {
  const { parts, cli, store } = await open(t)
  const taken = () => cli('SET', 'p:lock:{k1}', 'other')
  const renewals = createRenewals(around(parts, { before: once(taken) }))
  t.equal(await renewals.renew(session('new'), lock.id), false)
  t.same(await store.load('k1'), session('old'))
})

t.test('an answer that is lost is asked for once more, and what was written counts', async (t) => {
  const { parts, store } = await open(t)
  const lost = () => {
    throw new Failure('redis', ['EVAL'], new Error('silent'))
  }
  const written = createRenewals(around(parts, { after: once(lost) }))
  t.equal(await written.renew(session('new'), lock.id), true)
  t.same(await store.load('k1'), session('new'))
  const gone = createRenewals(
    around(parts, {
      after: once(async () => {
        await store.unlock('k1', lock.id)
        lost()
      }),
    }),
  )
  t.equal(await gone.renew(session('newer'), lock.id), true, 'though the lock is over by then')
  await store.lock('k1', lock)
  const always = createRenewals(around(parts, { before: lost }))
  await t.rejects(always.renew(session('never'), lock.id), { message: 'silent' }, 'and once only')
  t.same(await store.load('k1'), session('newer'))
})

t.test('a record that was sealed anew meanwhile is renewed all the same', async (t) => {
  const { parts, store } = await open(t)
  const reseal = async () => {
    for (const found of await readSessions(parts, ['k1'])) await createSaving(parts).reseal(found)
  }
  const renewals = createRenewals(around(parts, { before: once(reseal) }))
  t.equal(await renewals.renew(session('new'), lock.id), true)
  t.same(await store.load('k1'), session('new'))
})

t.test('tokens that were renewed meanwhile are not sealed back to those that were read', async (t) => {
  const { settings, store } = await open(t)
  const secrets = [new Secret('n'.repeat(32)), new Secret('r'.repeat(32))]
  const seal = createRecordSeal(() => buildKeyRing(secrets), randomBytes)
  const parts = openParts(settings, storeContext({ seal }), patient.answerMs)
  t.teardown(() => {
    parts.changes.close()
    parts.servers.close()
  })
  const [stale] = await readSessions(parts, ['k1'])
  if (stale === undefined) return t.fail('it was read')
  t.equal(stale.isStale, true)
  t.equal(await store.renew(session('new'), lock.id), true)
  await store.touch('k1', 1100, 5100)
  await createSaving(parts).reseal(stale)
  t.match(await store.load('k1'), { tokens: tokens('new') })
  t.match(
    await readSessions(parts, ['k1']),
    [{ session: { lastSeenAt: 1100 }, expiresAt: 5100 }],
    'nor is a use forgotten',
  )
  return
})

t.test('whoever reads Redis finds no token; the record is kept no longer for its renewal', async (t) => {
  const { cli, store } = await open(t)
  cli('PEXPIRE', 'p:session:{k1}', '5000000')
  t.equal(await store.renew(session('new'), lock.id), true)
  const left = Number(cli('PTTL', 'p:session:{k1}'))
  t.ok(left > 4_000_000 && left <= 5_000_000, `${left} ms`)
  t.ok(Number(cli('PTTL', 'p:lock:{k1}')) <= 600_000)
  const names = cli('KEYS', '*').split('\n')
  const everything = names.map((name) => `${name}${cli('DUMP', name)}`).join('\n')
  for (const secret of ['refresh-', 'id-new', 'id-old', 'alice']) t.notMatch(everything, secret)
  t.equal(slotOf('p:lock:{k1}'), slotOf('p:session:{k1}'))
})

t.test(
  'a renewal waits for a replica, says when none has confirmed it, and survives a failover',
  async (t) => {
    const { primary, replica } = await startReplicated(t)
    const reported: unknown[] = []
    const report = (thrown: unknown) => void reported.push(thrown)
    const settings = singleSettings(primary.port)
    const store = openRedis(t, settings, { report })
    await store.save(session('old'), 5000)
    await store.lock('k1', lock)
    t.equal(await store.renew(session('new'), lock.id), true)
    t.same(reported, [])
    const waitsLess = openRedis(t, settings, { report, answerMs: 2000 })
    await waitsLess.check()
    replica.signal('SIGSTOP')
    t.equal(
      await waitsLess.renew(session('newer'), lock.id),
      true,
      'it stands, so its tokens are the ones in force',
    )
    replica.signal('SIGCONT')
    t.match(reported, [
      {
        code: 'STORE_UNCONFIRMED',
        message: `the session store redis 127.0.0.1:${primary.port} renewed sessions that no replica has confirmed: no replica answered within a second; a failover now could end them when their provider is asked again`,
      },
    ])
  },
)

t.test('after a failover the tokens of the last renewal are there', async (t) => {
  const { losePrimary, settings } = await startSentinel(t)
  const store = openRedis(t, settings)
  for (let at = 0; at < 20; at++) {
    const key = `k${at}`
    await store.save({ ...session('old'), key, user: key }, 5000)
    await store.lock(key, lock)
    t.equal(await store.renew({ ...session('new'), key, user: key }, lock.id), true)
  }
  await losePrimary()
  await poll(
    'a new primary',
    async () => {
      try {
        return await store.load('k0')
      } catch {
        return null
      }
    },
    (found) => found !== null,
  )
  for (let at = 0; at < 20; at++) t.match(await store.load(`k${at}`), { tokens: tokens('new') })
})

t.test('a renewal waits while its slot moves to another node', async (t) => {
  const { nodes, settings } = await startCluster(t)
  const store = openRedis(t, settings)
  await poll(
    'a cluster that works',
    async () => {
      try {
        await store.save(session('old'), 5000)
        return true
      } catch {
        return false
      }
    },
    Boolean,
  )
  await store.lock('k1', lock)
  const [first] = nodes
  if (first === undefined) return
  const name = `${settings.keyPrefix}session:{k1}`
  const slot = String(slotOf(name))
  const from = nodes.find(({ port }) => redisCli(port, 'EXISTS', name) === '1') ?? first
  const to = nodes.find((node) => node !== from) ?? first
  const idOf = (port: number) => redisCli(port, 'CLUSTER', 'MYID')
  const move = (...keys: string[]) =>
    redisCli(from.port, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
  redisCli(to.port, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', idOf(from.port))
  redisCli(from.port, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', idOf(to.port))
  t.equal(await store.renew(session('one'), lock.id), true, 'before its keys have moved')
  move(name)
  const renewing = store.renew(session('two'), lock.id)
  await new Promise((resolve) => setTimeout(resolve, 50))
  move(...redisCli(from.port, 'CLUSTER', 'GETKEYSINSLOT', slot, '100').split('\n'))
  t.equal(await renewing, true, 'half of them were there')
  t.equal(await store.renew(session('three'), lock.id), true, 'all of them are')
  for (const { port } of nodes) redisCli(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', idOf(to.port))
  t.equal(await store.renew(session('four'), lock.id), true)
  t.same(await store.load('k1'), session('four'))
})
