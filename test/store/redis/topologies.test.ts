// What happens when servers die, in the middle of writes: nothing that was ended comes back, and nothing needs a restart.
import { createServer } from 'node:net'
import t from 'tap'
import type { SessionStore } from '../../../src/core/ports.ts'
import { slotOf } from '../../../src/store/redis/slot.ts'
import { portOf } from '../../support/ports.ts'
import { startRedis } from '../../support/redis.ts'
import { poll } from '../../support/waiting.ts'
import { sessionOf } from '../contract.ts'
import { faultOf } from '../sqlite-store.ts'
import { every, openRedis, singleSettings } from './redis-store.ts'
import { redisCli, sentinelSettings, startCluster, startReplicated, startSentinel } from './topologies.ts'

const works = (store: SessionStore) =>
  poll(
    'a store that works',
    () => faultOf(() => store.check()),
    (fault) => fault === 'nothing',
  )

t.test(
  'a failover in the middle of writes: what was ended stays ended, what was answered is there',
  async (t) => {
    const { losePrimary, settings } = await startSentinel(t)
    const reported: unknown[] = []
    const store = openRedis(t, settings, { report: (thrown) => reported.push(thrown) })
    await works(store)
    for (let at = 0; at < 40; at++) await store.save(sessionOf(`k${at}`, { user: `u${at}` }), 2000)
    for (let at = 0; at < 20; at++) t.equal(await store.drop(`k${at}`), true)
    t.same(reported, [], 'a replica has confirmed each end')
    const saved: string[] = []
    let stopped = false
    const writing = (async () => {
      for (let at = 0; !stopped; at++) {
        const fault = await faultOf(() => store.save(sessionOf(`w${at}`, { user: `w${at}` }), 2000))
        if (fault === 'nothing') saved.push(`w${at}`)
        else if (!fault.startsWith('STORE_UNAVAILABLE: the session store redis')) t.fail(fault)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    await losePrimary()
    await works(store)
    stopped = true
    await writing
    for (let at = 0; at < 20; at++) t.equal(await store.load(`k${at}`), null, `k${at} stays ended`)
    for (let at = 20; at < 40; at++) t.not(await store.load(`k${at}`), null, `k${at} is there`)
    t.equal(await store.revoke({ by: 'key', key: 'k20' }), 1)
    t.equal(await store.load('k20'), null)
  },
)

/** Empty while it lets its connections go, as one that changes its role does. */
function roleOf(port: number): string {
  try {
    return redisCli(port, 'ROLE')
  } catch {
    return ''
  }
}

t.test('a primary that becomes a replica is left, though it still answers', async (t) => {
  const { primary, replica, sentinel, settings } = await startSentinel(t)
  const store = openRedis(t, settings)
  await works(store)
  await store.save(sessionOf('k1'), 2000)
  // A sign-in waits for no replica: one that has it is what the failover is to find.
  await poll(
    'the session at the replica',
    () => redisCli(replica.port, 'EXISTS', `${settings.keyPrefix}session:{k1}`),
    (exists) => exists.startsWith('1'),
  )
  redisCli(sentinel.port, 'SENTINEL', 'failover', 'mymaster')
  await poll(
    'a failover',
    () => roleOf(replica.port),
    (role) => role.startsWith('master'),
  )
  await poll(
    'a replica that was the primary',
    () => roleOf(primary.port),
    (role) => role.startsWith('slave'),
  )
  await works(store)
  t.not(await store.load('k1'), null)
  await store.save(sessionOf('k2'), 2000)
  t.match(redisCli(replica.port, 'EXISTS', `${settings.keyPrefix}session:{k2}`), '1')
})

t.test('Sentinels that are away, strange or of another name are told', async (t) => {
  const { sentinel, primary, settings } = await startSentinel(t)
  const asked = (more: Partial<typeof settings>) =>
    faultOf(() => openRedis(t, { ...settings, ...more }).check())
  t.match(await asked({ name: 'other' }), /is a Sentinel that knows no primary of this name: correct `name`$/)
  const gone = { host: '127.0.0.1', port: 1 }
  t.match(await asked({ sentinels: [gone] }), /redis 127\.0\.0\.1:1 refuses the connection/)
  t.equal(await asked({ sentinels: [gone, ...settings.sentinels] }), 'nothing', 'the next one is asked')
  const store = openRedis(t, settings)
  await works(store)
  await sentinel.stop('SIGKILL')
  t.equal(await faultOf(() => store.check()), 'nothing', 'without Sentinels the primary goes on')
  await primary.stop('SIGKILL')
  for (const [name, call] of every(store)) t.match(await faultOf(call), /^STORE_UNAVAILABLE/, name)
})

t.test('a replica that a Sentinel still names is not taken for the primary', async (t) => {
  const { primary, replica } = await startReplicated(t)
  let named = replica.port
  const sentinel = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const address = `*2\r\n$9\r\n127.0.0.1\r\n$5\r\n${named}\r\n`
      socket.write(bytes.includes('PING') ? '+PONG\r\n' : address)
    })
  })
  await new Promise<void>((resolve) => sentinel.listen(0, '127.0.0.1', resolve))
  const store = openRedis(t, sentinelSettings(portOf(sentinel)))
  t.teardown(() => sentinel.close())
  t.match(await faultOf(() => store.load('k1')), /is a replica, though the Sentinels name it$/)
  named = primary.port
  await works(store)
})

t.test('an end waits for a replica, and says when none has confirmed it', async (t) => {
  const { primary, replica } = await startReplicated(t)
  const reported: unknown[] = []
  const report = (thrown: unknown) => void reported.push(thrown)
  const settings = singleSettings(primary.port)
  const waits = openRedis(t, settings, { report })
  for (const key of ['k1', 'k2', 'k3', 'k4', 'k5']) await waits.save(sessionOf(key), 2000)
  await waits.drop('k1')
  await waits.revoke({ by: 'user', user: 'nobody', provider: sessionOf('k1') })
  t.same(reported, [])
  const store = openRedis(t, settings, { report, answerMs: 2000 })
  await store.check()
  replica.signal('SIGSTOP')
  await Promise.all(['k2', 'k3', 'k4'].map(async (key) => store.drop(key)))
  for (const key of ['k2', 'k3', 'k4']) t.equal(await store.load(key), null, 'ended it is all the same')
  t.ok(reported.length >= 1 && reported.length <= 3, 'one WAIT for all who came meanwhile')
  for (const fault of reported)
    t.match(fault, {
      code: 'STORE_UNCONFIRMED',
      message: `the session store redis 127.0.0.1:${primary.port} ended sessions that no replica has confirmed: no replica answered within a second; a failover now could bring them back`,
    })
  reported.length = 0
  await store.revoke({ by: 'user', user: 'alice', provider: sessionOf('k1') })
  t.equal(reported.length, 1)
  replica.signal('SIGCONT')
  const info = () => redisCli(replica.port, 'INFO', 'replication')
  await poll('a replica that follows', info, (text) => text.includes('master_link_status:up'))
  reported.length = 0
  const alone = await startRedis(t)
  const single = openRedis(t, singleSettings(alone.port), { report })
  await single.save(sessionOf('k1'), 2000)
  await single.drop('k1')
  t.same(reported, [], 'where there are no replicas nobody is asked')
})

t.test('while an end waits for a replica, requests do not', async (t) => {
  const { primary, replica } = await startReplicated(t)
  const order: string[] = []
  const store = openRedis(t, singleSettings(primary.port), { report: () => void order.push('unconfirmed') })
  for (const key of ['k1', 'k2']) await store.save(sessionOf(key), 2000)
  replica.signal('SIGSTOP')
  const ending = Promise.resolve(store.drop('k1')).then(() => order.push('ended'))
  while ((await store.load('k1')) !== null);
  t.not(await store.load('k2'), null)
  order.push('loaded')
  replica.signal('SIGCONT')
  await ending
  t.same(order, ['loaded', 'ended'])
})

t.test('a cluster: keys are where they belong, and are followed when they move', async (t) => {
  const { nodes, settings } = await startCluster(t)
  const store = openRedis(t, settings)
  await works(store)
  const keys = Array.from({ length: 30 }, (_, at) => `k${at}`)
  for (const key of keys) await store.save(sessionOf(key, { user: key }), 2000)
  const counts = nodes.map(
    ({ port }) => redisCli(port, '--scan', '--pattern', '*session:*').split('\n').length,
  )
  t.ok(
    counts.every((count) => count > 1),
    `they are spread: ${counts}`,
  )
  t.equal((await store.list({})).length, keys.length)
  const [from] = nodes
  if (from === undefined) return
  const name = `${settings.keyPrefix}session:{k0}`
  const slot = String(slotOf(name))
  const holder = nodes.find(({ port }) => redisCli(port, 'EXISTS', name) === '1') ?? from
  const target = nodes.find((node) => node !== holder) ?? from
  const idOf = (port: number) => redisCli(port, 'CLUSTER', 'MYID')
  redisCli(target.port, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', idOf(holder.port))
  redisCli(holder.port, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', idOf(target.port))
  const inSlot = redisCli(holder.port, 'CLUSTER', 'GETKEYSINSLOT', slot, '100').split('\n')
  redisCli(holder.port, 'MIGRATE', '127.0.0.1', String(target.port), '', '0', '5000', 'KEYS', ...inSlot)
  t.not(await store.load('k0'), null, 'ASK: while it moves')
  for (const { port } of nodes) redisCli(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', idOf(target.port))
  t.not(await store.load('k0'), null, 'MOVED: when it has')
  t.equal(await store.drop('k0'), true)
  t.equal(await store.load('k0'), null)
})

t.test('a cluster that lost a node says so for its keys, and serves the others', async (t) => {
  const { nodes, settings } = await startCluster(t)
  for (const { port } of nodes) redisCli(port, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
  const store = openRedis(t, settings)
  await works(store)
  const keys = Array.from({ length: 30 }, (_, at) => `k${at}`)
  for (const key of keys) await store.save(sessionOf(key, { user: key }), 2000)
  await nodes[0]?.stop('SIGKILL')
  const faults = await Promise.all(keys.map((key) => faultOf(() => store.states.spent(key))))
  t.ok(faults.includes('nothing'), 'those of the other nodes are answered')
  t.ok(
    faults.some((fault) => fault.startsWith('STORE_UNAVAILABLE')),
    'those of the lost one are faults',
  )
  t.match(await faultOf(() => store.check()), /^STORE_UNAVAILABLE/)
})
