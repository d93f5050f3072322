// What comes behind an answer that has no body: dropped for a moment, and no longer.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { RestOfAnswer } from '../../../src/upstream/lambda/rest-of-answer.ts'
import { heldTiming } from '../../support/timing.ts'

function rest() {
  const timing = heldTiming()
  let told = 0
  const one = new RestOfAnswer(timing, () => {
    told += 1
  })
  return { timing, told: () => told, one }
}

t.test('what is complete in time is nothing to be told of', async (t) => {
  const { timing, told, one } = rest()
  t.ok(one.isAwaited)
  t.ok(one.dropped(Buffer.alloc(limits.functionRestBytes)))
  timing.pass(limits.functionRestMs - 1)
  one.stop()
  t.notOk(one.isAwaited)
  timing.pass(1_000)
  t.equal(told(), 0)
  t.notOk(one.dropped(Buffer.alloc(1)), 'nor is anything dropped any more')
})

t.test('what takes too long, or is more than little, is told once', async (t) => {
  const slow = rest()
  slow.timing.pass(limits.functionRestMs)
  t.equal(slow.told(), 1)
  t.notOk(slow.one.isAwaited)
  const long = rest()
  t.ok(long.one.dropped(Buffer.alloc(limits.functionRestBytes)))
  t.ok(long.one.dropped(Buffer.alloc(1)))
  t.equal(long.told(), 1)
  t.notOk(long.one.dropped(Buffer.alloc(1)))
  long.timing.pass(10_000)
  t.equal(long.told(), 1)
  t.equal(long.timing.waiting(), 0)
})
