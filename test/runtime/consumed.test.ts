import t from 'tap'
import { createConsumedStates } from '../../src/runtime/consumed.ts'

t.test('a state is consumed once, and remembered for its lifetime', async (t) => {
  const consumed = createConsumedStates(600, 100)
  t.ok(consumed.consume('a', 1000))
  t.notOk(consumed.consume('a', 1001), 'the second time')
  t.notOk(consumed.consume('a', 1600), 'still within its lifetime')
  t.ok(consumed.consume('a', 1601), 'forgotten after it')
})

t.test('at the cap the oldest states are forgotten first', async (t) => {
  const consumed = createConsumedStates(600, 3)
  for (const hash of ['a', 'b', 'c', 'd']) t.ok(consumed.consume(hash, 1000))
  t.notOk(consumed.consume('d', 1000))
  t.ok(consumed.consume('a', 1000), 'the oldest made room')
})
