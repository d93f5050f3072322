// A worker that ends again and again must not keep the machine busy with its starts, and one that ended once must be
// back at once.
import t from 'tap'
import { noRestarts, pauseBeforeRestart } from '../../src/core/restart-pause.ts'

/** The pauses of one worker that lived so long each time. */
function pausesOf(lives: readonly number[]): readonly number[] {
  let restarts = noRestarts
  return lives.map((livedMs) => {
    const { pauseMs, next } = pauseBeforeRestart(restarts, livedMs)
    restarts = next
    return pauseMs
  })
}

t.test('the first end has no pause, those behind it growing ones up to half a minute', async (t) => {
  t.same(pausesOf(Array.from({ length: 9 }, () => 10)), [
    ...[0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
  ])
})

t.test('whoever lived for a minute is replaced at once, and its pauses begin anew', async (t) => {
  t.same(pausesOf([10, 10, 10, 60_000, 10, 59_999]), [0, 1_000, 2_000, 0, 1_000, 2_000])
})
