// How long a provider that did not answer for a session is left alone.
import t from 'tap'
import { createPauses } from '../../../src/runtime/renewals/pauses.ts'

const limits = { firstMs: 10_000, longestMs: 60_000, sessions: 3 }
const endless = Number.POSITIVE_INFINITY

t.test('S-169: pauses grow to a bound, and begin anew after an answer', async (t) => {
  const pauses = createPauses(limits)
  t.ok(pauses.isOver('s', 0), 'nothing was asked yet')
  let now = 0
  for (const ms of [10_000, 20_000, 40_000, 60_000, 60_000]) {
    pauses.begin('s', now, endless)
    t.notOk(pauses.isOver('s', now + ms - 1), `${ms}`)
    t.ok(pauses.isOver('s', now + ms), `${ms}`)
    now += ms
  }
  pauses.forget('s')
  pauses.begin('s', now, endless)
  t.ok(pauses.isOver('s', now + 10_000))
})

t.test('S-169: a pause is cut where a session would end by it, never below the first one', async (t) => {
  const pauses = createPauses(limits)
  pauses.begin('s', 0, endless)
  pauses.begin('s', 0, 15_000)
  t.notOk(pauses.isOver('s', 14_999))
  t.ok(pauses.isOver('s', 15_000))
  pauses.begin('s', 0, -5000)
  t.notOk(pauses.isOver('s', 9_999))
  t.ok(pauses.isOver('s', 10_000))
})

t.test('so many are remembered, and the oldest is forgotten', async (t) => {
  const pauses = createPauses(limits)
  for (const key of ['a', 'b', 'a', 'c', 'd']) pauses.begin(key, 0, endless)
  t.same(
    ['a', 'b', 'c', 'd'].filter((key) => !pauses.isOver(key, 1)),
    ['a', 'c', 'd'],
  )
})
