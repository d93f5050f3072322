// What stands in the indexes when sessions are saved at the same time, or parts of them are missing.
import { execFileSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { startRedis } from '../../support/redis.ts'
import { sessionOf } from '../contract.ts'
import { openRedis, singleSettings } from './redis-store.ts'

const now = 100_000
const later = now + 3600
const clock = { now: () => now, monotonicMs: () => performance.now() }

async function open(t: Test) {
  const { port } = await startRedis(t)
  const cli = (...args: string[]): string =>
    execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).trimEnd()
  return { cli, store: openRedis(t, singleSettings(port, { keyPrefix: 'p:' }), { clock }) }
}

t.test('a session whose record is not written yet stays in the index while another is saved', async (t) => {
  const { cli, store } = await open(t)
  const save = (key: string, signedInAt: number) => store.save(sessionOf(key, { signedInAt }), later)
  const shown = async () =>
    (await store.list({ user: 'alice', provider: sessionOf('k0') })).map(({ key }) => key)
  for (let at = 0; at < limits.personSessions - 2; at++) await save(`k${at}`, now - 3000)
  await save('under-way', now)
  await save('gone', now - 3000)
  cli('RENAME', 'p:session:{under-way}', 'p:put-aside')
  cli('RENAME', 'p:session:{gone}', 'p:gone')
  await save('another', now)
  cli('RENAME', 'p:put-aside', 'p:session:{under-way}')
  cli('RENAME', 'p:gone', 'p:session:{gone}')
  const keys = await shown()
  t.ok(keys.includes('under-way'))
  t.notOk(keys.includes('gone'), 'what was begun long ago and is not there is taken out')
})

t.test('a session is shown, counted and displaced though its last use was taken away', async (t) => {
  const { cli, store } = await open(t)
  const most = limits.personSessions
  const save = (at: number) => store.save(sessionOf(`k${at}`, { signedInAt: now - 3000 + at }), later)
  for (let at = 0; at < most; at++) await save(at)
  cli('DEL', 'p:seen:{k0}')
  cli('SET', 'p:seen:{k1}', 'what does not open')
  const shown = await store.list({ user: 'alice', provider: sessionOf('k0') })
  t.equal(shown.length, most)
  t.same(await save(most), ['k0'])
  t.same(await save(most + 1), ['k1'])
})
