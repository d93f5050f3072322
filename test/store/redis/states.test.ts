import { execFileSync } from 'node:child_process'
import t from 'tap'
import { keysOf } from '../../../src/store/redis/keys.ts'
import { openParts } from '../../../src/store/redis/open-parts.ts'
import { createStates } from '../../../src/store/redis/states.ts'
import { startRedis } from '../../support/redis.ts'
import { storeContext } from '../../support/store-context.ts'
import { patient, singleSettings } from './redis-store.ts'

t.test('of more states than there may be, those that were spent first are forgotten', async (t) => {
  const { port } = await startRedis(t)
  const parts = openParts(singleSettings(port, { keyPrefix: 'p:' }), storeContext(), patient.answerMs)
  t.teardown(() => parts.servers.close())
  const states = createStates(parts, 250)
  const spend = (at: number) => states.spend(`s${at}`, { at: 1000, until: 4600 })
  for (let at = 0; at < 250; at++) t.equal(await spend(at), true)
  await states.keepOutcome('s0', { sealed: 'x', until: 1060 })
  t.equal(await spend(0), false, 'all of them are remembered')
  t.equal(await spend(250), true)
  for (const at of [0, 99]) t.equal(await states.spent(`s${at}`), null, `s${at} made room`)
  for (const at of [100, 250]) t.equal(await spend(at), false, `s${at} stayed`)
  const count = execFileSync('redis-cli', ['-p', String(port), 'DBSIZE'], { encoding: 'utf8' })
  t.equal(Number(count), 151 + 1, 'and the list of them')
  t.equal(keysOf('p:').states, 'p:states')
})
