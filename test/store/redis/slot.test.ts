import { execFileSync } from 'node:child_process'
import t from 'tap'
import { keysOf } from '../../../src/store/redis/keys.ts'
import { slotOf } from '../../../src/store/redis/slot.ts'
import { startRedis } from '../../support/redis.ts'

t.test('a slot is that which Redis says', async (t) => {
  const { port } = await startRedis(t, { lines: ['cluster-enabled yes'] })
  const keys = keysOf('claimgate:')
  const names = [
    '',
    'a',
    '123456789',
    '{}x',
    '{a',
    'a}b{c}d',
    '{a}{b}',
    'é{ü}',
    keys.session('f00'),
    keys.changes,
  ]
  for (const name of names) {
    const said = execFileSync('redis-cli', ['-p', String(port), 'CLUSTER', 'KEYSLOT', name], {
      encoding: 'utf8',
    })
    t.equal(slotOf(name), Number(said), name)
  }
})

t.test('what is of one session is on one slot, whatever the prefix is', async (t) => {
  for (const prefix of ['', 'claimgate:', 'a b*?[c]']) {
    const keys = keysOf(prefix)
    const key = 'f'.repeat(64)
    t.equal(new Set([keys.session(key), keys.seen(key), keys.ended(key)].map(slotOf)).size, 1, prefix)
    t.equal(slotOf(keys.state('s')), slotOf(keys.outcome('s')))
    t.equal(keys.sessionOf(keys.session(key)), key)
    for (const other of [keys.seen(key), keys.session(''), keys.session('a b'), 'x', '', keys.everySession])
      t.equal(keys.sessionOf(other), null, other)
  }
})
