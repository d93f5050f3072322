import t from 'tap'
import { startRedis } from '../../support/redis.ts'
import { renewalContract } from '../contract-renewals.ts'
import { newPrefix, openRedis, singleSettings } from './redis-store.ts'
import { startCluster, startSentinel } from './topologies.ts'

t.test('a single Redis keeps the contract of renewals', async (t) => {
  const { port } = await startRedis(t)
  await renewalContract(t, (t) => openRedis(t, singleSettings(port)))
})

t.test('a primary that Sentinels name keeps the contract of renewals', async (t) => {
  const { settings } = await startSentinel(t)
  await renewalContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }))
})

t.test('a cluster of three keeps the contract of renewals', async (t) => {
  const { settings } = await startCluster(t)
  await renewalContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }))
})
