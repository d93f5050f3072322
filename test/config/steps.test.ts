// Work that rests: how long a turn is, and that nothing goes on once it is left.
import t from 'tap'
import { runByTurns, type Steps } from '../../src/config/steps.ts'

/** Pieces that take so long each; others take a second whenever they have the turn. */
function rig(pieceMs: number, pieces: number) {
  let nowMs = 1000
  let done = 0
  const turns: number[] = []
  function* work(): Steps<string> {
    for (; done < pieces; done += 1) {
      nowMs += pieceMs
      yield
    }
    return 'done'
  }
  const stopping = new AbortController()
  const run = () =>
    runByTurns(work(), {
      turnMs: 10,
      nowMs: () => nowMs,
      nextTurn: async () => {
        turns.push(done)
        nowMs += 1000
      },
      signal: stopping.signal,
    })
  return { run, turns, stopping, done: () => done }
}

t.test('a turn ends with the first piece that is behind its time, the next one begins anew', async (t) => {
  const small = rig(3, 12)
  t.equal(await small.run(), 'done')
  t.same(small.turns, [3, 7, 11], 'four pieces of three milliseconds each')
  const large = rig(40, 3)
  t.equal(await large.run(), 'done')
  t.same(large.turns, [0, 1, 2], 'a piece that is longer is alone in its turn')
  const none = rig(0, 1000)
  t.equal(await none.run(), 'done')
  t.same(none.turns, [])
})

t.test('work that is left does no further piece', async (t) => {
  const one = rig(40, 3)
  const outcome = one.run()
  one.stopping.abort()
  t.equal(await outcome, null)
  t.equal(one.done(), 0)
})
