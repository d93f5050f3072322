import t from 'tap'
import { createFormReadings } from '../../../src/core/limits/form-readings.ts'

t.test('a session reads three forms at once, and all together no more than 64', async (t) => {
  const readings = createFormReadings()
  t.same(
    Array.from({ length: 4 }, () => readings.take('one')),
    [true, true, true, false],
  )
  const others = Array.from({ length: 62 }, (_, at) => readings.take(`s${at}`))
  t.equal(others.filter((taken) => taken).length, 61)
  readings.release('one')
  t.ok(readings.take('next'))
  t.notOk(readings.take('last'))
  readings.release('one')
  t.ok(readings.take('one'))
})
