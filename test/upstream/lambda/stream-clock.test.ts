// How long a function that streams may take to begin, and how long it may pause, by a clock that stands still until a test
// moves it on.
import t from 'tap'
import { StreamClock } from '../../../src/upstream/lambda/stream-clock.ts'
import { heldTiming } from '../../support/timing.ts'

const timeouts = {
  connectSeconds: 1,
  responseSeconds: 40,
  idleSeconds: 5,
  keepAliveSeconds: null,
  body: null,
}

function clocked() {
  const timing = heldTiming()
  const told: string[] = []
  const clock = new StreamClock(timing, timeouts, (stall) => told.push(stall))
  return { timing, told, clock }
}

t.test('the function has the time for an answer until its head, whatever Lambda said before', async (t) => {
  const { timing, told, clock } = clocked()
  clock.sent()
  timing.pass(10_000)
  clock.answered(true)
  clock.piece()
  clock.pause()
  timing.pass(29_999)
  t.same(told, [])
  clock.piece()
  timing.pass(1)
  t.same(told, ['nothing-answered'], 'from when the request was gone, and no piece prolongs it')
  timing.pass(100_000)
  t.same(told, ['nothing-answered'], 'once')
  t.equal(timing.waiting(), 0)
})

t.test('an answer that comes before the request is gone has the whole time', async (t) => {
  const { timing, told, clock } = clocked()
  timing.pass(25_000)
  clock.answered(true)
  timing.pass(39_999)
  t.same(told, [])
  timing.pass(1)
  t.same(told, ['nothing-answered'])
})

t.test('one that is late already ends at once', async (t) => {
  const { timing, told, clock } = clocked()
  clock.sent()
  timing.pass(50_000)
  clock.answered(true)
  timing.pass(0)
  t.same(told, ['nothing-answered'])
})

t.test('behind the head it is pauses that are timed, but those of the client', async (t) => {
  const { timing, told, clock } = clocked()
  clock.sent()
  clock.answered(true)
  clock.began()
  for (let at = 0; at < 20; at += 1) {
    timing.pass(4_999)
    clock.piece()
  }
  clock.pause()
  timing.pass(100_000)
  t.same(told, [])
  clock.piece()
  timing.pass(5_000)
  t.same(told, ['nothing-more'])
})

t.test('what is no stream has pauses alone, and what is over has no time', async (t) => {
  const plain = clocked()
  plain.clock.answered(false)
  plain.timing.pass(5_000)
  t.same(plain.told, ['nothing-more'])
  const over = clocked()
  over.clock.sent()
  over.clock.answered(true)
  over.clock.stop()
  over.clock.began()
  over.clock.piece()
  over.clock.answered(true)
  over.timing.pass(1_000_000)
  t.same(over.told, [])
  t.equal(over.timing.waiting(), 0)
})
