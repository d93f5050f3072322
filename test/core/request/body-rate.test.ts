import t from 'tap'
import { deadlineAfter } from '../../../src/core/request/body-rate.ts'

const rate = { graceSeconds: 20, bytesPerSecond: 500 }

t.test('each second’s worth of bytes moves the time on by a second, a part of it by that part', async (t) => {
  t.equal(deadlineAfter(rate, 10_000, 0, 500), 11_000)
  t.equal(deadlineAfter(rate, 10_000, 0, 1), 10_002)
  t.equal(deadlineAfter(rate, 10_000, 0, 0), 10_000)
})

t.test('never further than the grace from now: who sends fast first may not drip afterwards', async (t) => {
  const fast = deadlineAfter(rate, 20_000, 1_000, 100_000_000)
  t.equal(fast, 21_000)
  let deadlineMs = fast
  let nowMs = 1_000
  let seconds = 0
  while (nowMs < deadlineMs) {
    nowMs += 1_000
    seconds += 1
    deadlineMs = deadlineAfter(rate, deadlineMs, nowMs, 1)
  }
  t.equal(seconds, 21, 'a byte a second from then on lasts for the grace, and what 20 bytes are worth')
})

t.test('the least rate is enough for as long as one likes', async (t) => {
  let deadlineMs = 20_000
  for (let nowMs = 1_000; nowMs <= 3_600_000; nowMs += 1_000) {
    deadlineMs = deadlineAfter(rate, deadlineMs, nowMs, 500)
    if (deadlineMs <= nowMs) t.fail(`too slow at ${nowMs}`)
  }
  t.equal(deadlineMs, 3_620_000)
})
