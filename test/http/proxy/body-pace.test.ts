// How slow a body may be: by a clock that stands still until a test moves it.
import t from 'tap'
import { BodyPace, type BodyPaceLimits } from '../../../src/http/proxy/body-pace.ts'
import { heldTiming } from '../../support/timing.ts'

const rate = { graceSeconds: 20, bytesPerSecond: 500 }
const never = 1_000_000_000

function paced(limits: BodyPaceLimits) {
  const timing = heldTiming()
  const told: number[] = []
  const pace = new BodyPace(limits, () => told.push(timing.nowMs()), timing)
  return { pace, timing, told }
}

t.test('a body of which nothing comes is too slow when the grace is over, and it is told once', async (t) => {
  const { pace, timing, told } = paced({ rate, idleMs: never })
  pace.start()
  timing.pass(19_999)
  t.same(told, [])
  timing.pass(1)
  t.same(told, [20_000])
  timing.pass(100_000)
  t.same(told, [20_000])
  t.equal(timing.waiting(), 0, 'nothing waits any more')
})

t.test('each second’s worth of bytes moves the time on by a second', async (t) => {
  const { pace, timing, told } = paced({ rate, idleMs: never })
  pace.start()
  timing.pass(10_000)
  pace.took(500)
  timing.pass(10_000)
  t.same(told, [], 'the timer of the grace looks again')
  timing.pass(999)
  t.same(told, [])
  timing.pass(1)
  t.same(told, [21_000])
})

t.test('a second `start` and a second `stop` change nothing', async (t) => {
  const { pace, timing, told } = paced({ rate, idleMs: never })
  pace.start()
  timing.pass(5_000)
  pace.start()
  t.equal(timing.waiting(), 1, 'one timer')
  timing.pass(5_000)
  pace.stop()
  timing.pass(1_000)
  pace.stop()
  pace.start()
  timing.pass(9_999)
  t.same(told, [])
  timing.pass(1)
  t.same(told, [21_000], 'ten seconds ran before the rest, ten behind it')
})

t.test('while it rests no time counts, and no byte', async (t) => {
  const { pace, timing, told } = paced({ rate, idleMs: 30_000 })
  pace.start()
  timing.pass(15_000)
  pace.stop()
  pace.took(1_000_000)
  timing.pass(60_000)
  t.same(told, [], 'nor is anything told')
  t.equal(timing.waiting(), 0)
  pace.start()
  t.equal(timing.waiting(), 1)
  timing.pass(4_999)
  t.same(told, [])
  timing.pass(1)
  t.same(told, [80_000])
})

t.test('two pieces may lie as far apart as they may, with a rate and without', async (t) => {
  for (const limits of [
    { rate: null, idleMs: 1_000 },
    { rate, idleMs: 1_000 },
  ]) {
    const { pace, timing, told } = paced(limits)
    pace.start()
    for (let pieces = 0; pieces < 5; pieces++) {
      timing.pass(999)
      pace.took(1_000)
    }
    timing.pass(999)
    t.same(told, [])
    timing.pass(1)
    t.same(told, [5 * 999 + 1_000])
  }
})

t.test('without a rate any byte will do', async (t) => {
  const { pace, timing, told } = paced({ rate: null, idleMs: 1_000 })
  pace.start()
  for (let seconds = 0; seconds < 3_600; seconds++) {
    timing.pass(900)
    pace.took(1)
  }
  t.same(told, [])
})

t.test('a rest begins the wait for the next piece anew, and no more', async (t) => {
  const { pace, timing, told } = paced({ rate: null, idleMs: 1_000 })
  pace.start()
  timing.pass(900)
  pace.stop()
  timing.pass(50)
  pace.start()
  timing.pass(999)
  t.same(told, [])
  timing.pass(1)
  t.same(told, [1_950])
})

t.test('once it is closed nothing is told, whatever is asked of it', async (t) => {
  const { pace, timing, told } = paced({ rate, idleMs: 1_000 })
  pace.start()
  pace.close()
  t.equal(timing.waiting(), 0)
  pace.start()
  pace.took(1)
  pace.stop()
  pace.start()
  timing.pass(never)
  t.same(told, [])
  const unbegun = paced({ rate, idleMs: 1_000 })
  unbegun.pace.close()
  unbegun.pace.start()
  t.equal(unbegun.timing.waiting(), 0)
})
