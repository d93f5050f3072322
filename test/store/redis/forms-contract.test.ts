import t from 'tap'
import { startRedis } from '../../support/redis.ts'
import { formContract } from '../contract-forms.ts'
import { newPrefix, openRedis, singleSettings } from './redis-store.ts'
import { startCluster, startSentinel } from './topologies.ts'

t.test('a single Redis keeps the contract of forms', async (t) => {
  const { port } = await startRedis(t)
  await formContract(t, (t) => openRedis(t, singleSettings(port)), 'by itself')
})

t.test('a primary that Sentinels name keeps the contract of forms', async (t) => {
  const { settings } = await startSentinel(t)
  await formContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }), 'by itself')
})

t.test('a cluster of three keeps the contract of forms', async (t) => {
  const { settings } = await startCluster(t)
  await formContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }), 'by itself')
})
