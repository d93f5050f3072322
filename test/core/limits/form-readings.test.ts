import t from 'tap'
import { createFormReadings } from '../../../src/core/limits/form-readings.ts'

t.test('a session reads three forms at once, and all together no more than 64', async (t) => {
  const readings = createFormReadings()
  t.same(
    Array.from({ length: 4 }, () => readings.take('one', 1)),
    [true, true, true, false],
  )
  const others = Array.from({ length: 62 }, (_, at) => readings.take(`s${at}`, 1))
  t.equal(others.filter((taken) => taken).length, 61)
  readings.release('one', 1)
  t.ok(readings.take('next', 1))
  t.notOk(readings.take('last', 1))
  readings.release('one', 1)
  t.ok(readings.take('one', 1))
})

t.test('however long they may be, they take no more than 32 MiB together', async (t) => {
  const readings = createFormReadings()
  const MiB = 1024 ** 2
  const taken = Array.from({ length: 9 }, (_, at) => readings.take(`s${at}`, 4 * MiB))
  t.equal(taken.filter(Boolean).length, 8)
  t.notOk(readings.take('small', 1))
  readings.release('s0', 4 * MiB)
  t.ok(readings.take('next', 4 * MiB))
  t.notOk(readings.take('s0', 1), 'what was refused took nothing')
  readings.release('next', 4 * MiB)
  for (const _ of [1, 2, 3]) t.ok(readings.take('s9', 1))
})
