// Limits in a real Redis: one server, by Sentinel, in a Cluster.
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { LimitStore } from '../../../src/core/limits/limit-store.ts'
import type { RedisSettings } from '../../../src/core/session-store-settings.ts'
import { openLimitStore } from '../../../src/store/limits/open.ts'
import { startChild } from '../../support/child.ts'
import { startRedis } from '../../support/redis.ts'
import { storeContext } from '../../support/store-context.ts'
import { newPrefix, patient, singleSettings } from '../redis/redis-store.ts'
import { redisCli, startCluster, startSentinel } from '../redis/topologies.ts'
import { faultOf } from '../sqlite-store.ts'
import { counterOf, letIn, limitContract, midnight } from './contract.ts'

function open(t: Pick<Test, 'teardown'>, settings: RedisSettings): LimitStore {
  const store = openLimitStore({ kind: 'redis', settings, seal: storeContext().seal }, patient.answerMs)
  t.teardown(() => store.close())
  return store
}

t.test('one server', async (t) => {
  const { port } = await startRedis(t)
  await limitContract(t, (t) => open(t, singleSettings(port)))
})

t.test('a primary that Sentinels name, and a Cluster', async (t) => {
  const { settings } = await startSentinel(t)
  await limitContract(t, (t) => open(t, { ...settings, keyPrefix: newPrefix() }))
  const cluster = await startCluster(t)
  await limitContract(t, (t) => open(t, { ...cluster.settings, keyPrefix: newPrefix() }))
})

t.test('a quota of 10,000 that two processes draw from at once lets in exactly 10,000', async (t) => {
  const { port } = await startRedis(t)
  const program = fileURLToPath(new URL('./drawing.ts', import.meta.url))
  for (const [kind, count, tries] of [
    ['quota', 10_000, 6000],
    ['rate', 1000, 700],
  ] as const) {
    const given = JSON.stringify({ port, keyPrefix: newPrefix(), kind, count, tries })
    const counts = await Promise.all(
      [1, 2].map(async () => {
        const child = startChild(process.execPath, [program, given])
        let text = ''
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (piece: string) => {
            text += piece
          })
        await new Promise((resolve) => child.on('close', resolve))
        return text
      }),
    )
    t.equal(Number(counts[0]) + Number(counts[1]), count, `${kind}: ${counts}`)
  }
})

t.test('nothing in it names anybody, and all of it ends by itself', async (t) => {
  const { port } = await startRedis(t)
  const store = open(t, singleSettings(port, { keyPrefix: 'p:' }))
  const named = '["api",null,"one","user","acme","eve@example.com"]'
  const now = Math.floor(Date.now() / 1000)
  await store.take(counterOf(named), now)
  await store.take(counterOf(named, { kind: 'quota', windowSeconds: 86_400 }), now)
  await store.take({ ...counterOf('["client_ip","192.0.2.1"]'), ofNetworks: true }, now)
  const keys = redisCli(port, 'KEYS', '*').split('\n')
  t.equal(keys.length, 3)
  for (const key of keys) {
    t.match(key, /^p:(?:rate:60:rate:60|quota:quota:86400):[\w-]{43}(?::\d+)?$/)
    const seconds = Number(redisCli(port, 'TTL', key))
    t.ok(seconds > 0 && seconds <= 86_400 + 60, `${key}: ${seconds}`)
  }
})

t.test('a key that lost its end does not stay full for ever', async (t) => {
  const { port } = await startRedis(t)
  const store = open(t, singleSettings(port, { keyPrefix: 'p:' }))
  t.equal(await letIn(store, counterOf('a'), 5), 3)
  const key = redisCli(port, 'KEYS', '*')
  redisCli(port, 'PERSIST', key)
  await store.take(counterOf('a'), midnight)
  t.ok(Number(redisCli(port, 'TTL', key)) > 0)
})

t.test('a server that is away is told of', async (t) => {
  const server = await startRedis(t)
  const store = open(t, singleSettings(server.port))
  t.equal(await letIn(store, counterOf('a'), 1), 1)
  await server.stop()
  for (const kind of ['rate', 'quota'] as const)
    t.match(await faultOf(() => store.take(counterOf('a', { kind }), midnight)), /^STORE_UNAVAILABLE: /)
})
