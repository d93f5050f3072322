import t from 'tap'
import { startRedis } from '../../support/redis.ts'
import { formContract } from '../contract-forms.ts'
import { renewalContract } from '../contract-renewals.ts'
import { newPrefix, openRedis, patient, singleSettings } from './redis-store.ts'
import { startCluster, startSentinel } from './topologies.ts'

t.test('a single Redis keeps the contracts of renewals and of forms', async (t) => {
  const { port } = await startRedis(t)
  await renewalContract(t, (t) => openRedis(t, singleSettings(port), patient))
  await formContract(t, (t) => openRedis(t, singleSettings(port), patient), 'by itself')
})

t.test('a primary that Sentinels name keeps the contracts of renewals and of forms', async (t) => {
  const { settings } = await startSentinel(t)
  await renewalContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }, patient))
  await formContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }, patient), 'by itself')
})

t.test('a cluster of three keeps the contracts of renewals and of forms', async (t) => {
  const { settings } = await startCluster(t)
  await renewalContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }, patient))
  await formContract(t, (t) => openRedis(t, { ...settings, keyPrefix: newPrefix() }, patient), 'by itself')
})
