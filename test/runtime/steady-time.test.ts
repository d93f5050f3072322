import t from 'tap'
import { createSteadyTime } from '../../src/runtime/steady-time.ts'
import { createTestClock } from '../support/clock.ts'

const begin = 1_790_000_000

t.test('S-159: time goes on by the wall clock, also as one is set a little or goes back', async (t) => {
  const clock = createTestClock(begin)
  const time = createSteadyTime(clock)
  t.equal(time(), begin)
  clock.time = begin + 86_400
  t.equal(time(), begin + 86_400, 'a day in which nobody asked')
  clock.wallErrorSeconds = 60
  t.equal(time(), begin + 86_460)
  clock.wallErrorSeconds = 120
  t.equal(time(), begin + 86_520, 'as far again')
  clock.wallErrorSeconds = -5000
  t.equal(time(), begin + 81_400)
})

t.test(
  'S-159: a clock that leaps ahead is believed after an hour, and forgotten when it goes back',
  async (t) => {
    const clock = createTestClock(begin)
    const time = createSteadyTime(clock)
    clock.wallErrorSeconds = 61
    t.equal(time(), begin)
    clock.time = begin + 3599
    t.equal(time(), begin + 3599, 'time goes on')
    clock.wallErrorSeconds = 0
    t.equal(time(), begin + 3599)
    clock.wallErrorSeconds = 61
    t.equal(time(), begin + 3599)
    clock.time = begin + 3600
    t.equal(time(), begin + 3600, 'the hour begins with the leap that lasts')
    clock.time = begin + 7198
    t.equal(time(), begin + 7198)
    clock.time = begin + 7199
    t.equal(time(), begin + 7260)
    clock.wallErrorSeconds = 200
    t.equal(time(), begin + 7260, 'the next leap has an hour of its own')
    clock.time = begin + 7200
    t.equal(time(), begin + 7261)
  },
)

t.test('parts of a second make no second less', async (t) => {
  let ms = 0
  const time = createSteadyTime({ now: () => begin, monotonicMs: () => ms })
  for (const at of [0.1, 0.3, 1234.5678, 999_999.1]) {
    ms = at
    t.equal(time(), begin)
  }
})
