import t from 'tap'
import { createConsumedStates } from '../../src/runtime/consumed.ts'

t.test('a state is consumed once, and remembered for its lifetime', async (t) => {
  const consumed = createConsumedStates(600, 100)
  t.ok(consumed.consume('a', 1_000_000))
  t.notOk(consumed.consume('a', 1_001_000), 'the second time')
  t.notOk(consumed.consume('a', 1_600_000), 'still within its lifetime')
  t.ok(consumed.consume('a', 1_600_001), 'forgotten after it')
})

t.test('at the cap the oldest states are forgotten first, and none for one that comes twice', async (t) => {
  const consumed = createConsumedStates(600, 3)
  for (const hash of ['a', 'b', 'c']) t.ok(consumed.consume(hash, 1_000_000))
  for (const hash of ['a', 'b', 'c']) t.notOk(consumed.consume(hash, 1_000_000), `${hash} is remembered`)
  t.ok(consumed.consume('d', 1_000_000))
  for (const hash of ['b', 'c', 'd']) t.notOk(consumed.consume(hash, 1_000_000), `${hash} stayed`)
  t.ok(consumed.consume('a', 1_000_000), 'the oldest made room')
})
