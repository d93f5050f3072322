import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { isOver, pauseMs, renewalAtMs } from '../../../src/upstream/aws/credential-times.ts'

const now = 1_900_000_000_000
const hour = 3_600_000

t.test('credentials are over a moment before their end, and never without one', async (t) => {
  const end = now + limits.awsEndedMs
  t.notOk(isOver(end + 1, now))
  t.ok(isOver(end, now))
  t.ok(isOver(now - hour, now))
  t.notOk(isOver(null, now))
})

t.test('they are renewed ahead of their end, in each process at another time', async (t) => {
  const end = now + 12 * hour
  t.equal(
    renewalAtMs(end, now, () => 0),
    end - limits.awsRenewAheadMs,
  )
  t.equal(
    renewalAtMs(end, now, () => 0.5),
    end - limits.awsRenewAheadMs * 1.25,
  )
})

t.test('those that end soon at half of their time, but never at once', async (t) => {
  const time = limits.awsRenewAheadMs
  t.equal(
    renewalAtMs(now + time, now, () => 0.9),
    now + time / 2,
  )
  for (const end of [now, now - hour])
    t.equal(
      renewalAtMs(end, now, () => 0),
      now + limits.awsRenewPauseMs,
    )
  t.equal(
    renewalAtMs(null, now, () => 0),
    Number.POSITIVE_INFINITY,
  )
})

t.test('each failure doubles the pause, up to the longest', async (t) => {
  t.equal(pauseMs(1), limits.awsPauseMs)
  t.equal(pauseMs(2), 2 * limits.awsPauseMs)
  t.equal(pauseMs(50), limits.awsLongestPauseMs)
})
