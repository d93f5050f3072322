import t from 'tap'
import { isoTimes } from '../../../src/http/operations/iso-time.ts'

t.test('within a second it is written once, but for the milliseconds', async (t) => {
  const { toISOString } = Date.prototype
  t.teardown(() => {
    Date.prototype.toISOString = toISOString
  })
  let written = 0
  Date.prototype.toISOString = function () {
    written += 1
    return toISOString.call(this)
  }
  let now = Date.parse('2026-11-28T10:00:00.000Z')
  const isoTime = isoTimes(() => now)
  const times = Array.from({ length: 4 }, () => {
    now += 400
    return isoTime().slice(17)
  })
  t.same(times, ['00.400Z', '00.800Z', '01.200Z', '01.600Z'])
  t.equal(written, 2)
})

t.test(
  'the time is what toISOString makes of it, within a second, over its end and when the clock is set back',
  async (t) => {
    let now = 0
    const isoTime = isoTimes(() => now)
    for (const at of ['00.000', '00.007', '00.090', '00.999', '01.000', '59.999', '00.400', '58.001']) {
      now = Date.parse(`2026-11-28T10:00:${at}Z`)
      t.equal(isoTime(), new Date(now).toISOString())
    }
    for (const at of [0, 1, -1, -999, -1000, 253_402_300_800_000]) {
      now = at
      t.equal(isoTime(), new Date(now).toISOString(), String(at))
    }
  },
)
