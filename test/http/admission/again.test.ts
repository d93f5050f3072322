// What is open is judged again in pieces: counted, not timed.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { judgingInPieces } from '../../../src/http/admission/again.ts'

const piece = limits.rejudgedConnections

/** Turns that a test gives one after the other. */
function heldTurns() {
  let go: (() => void) | null = null
  let asked = 0
  return {
    asked: () => asked,
    nextTurn: () =>
      new Promise<void>((resolve) => {
        asked += 1
        go = resolve
      }),
    give: async () => {
      go?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

t.test('so many in a turn and no more, each once, in order', async (t) => {
  const turns = heldTurns()
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  const judged: number[] = []
  const all = Array.from({ length: 2 * piece + 1 }, (_, i) => i)
  let over = false
  const done = judgeAll(all, (one) => judged.push(one)).then(() => {
    over = true
  })
  for (const count of [piece, 2 * piece, 2 * piece + 1]) {
    t.equal(judged.length, count)
    t.equal(over, judged.length === all.length)
    await turns.give()
  }
  await done
  t.same(judged, all)
  t.equal(turns.asked(), 2)
})

t.test('one piece takes no turn', async (t) => {
  const turns = heldTurns()
  const judged: number[] = []
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  await judgeAll(
    Array.from({ length: piece }, (_, i) => i),
    (one) => judged.push(one),
  )
  t.equal(judged.length, piece)
  await judgeAll([], (one) => judged.push(one))
  t.equal(judged.length, piece)
  t.equal(turns.asked(), 0)
})

t.test('a later call takes over: what is left of the one before is not judged by what it says', async (t) => {
  const turns = heldTurns()
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  const judged: string[] = []
  const all = Array.from({ length: piece + 1 }, (_, i) => i)
  const first = judgeAll(all, (one) => judged.push(`first ${one}`))
  const giveFirst = turns.give
  await judgeAll([0, 1], (one) => judged.push(`second ${one}`))
  await giveFirst()
  await first
  t.equal(judged.length, piece + 2)
  t.same(judged.slice(-2), ['second 0', 'second 1'])
})

t.test('what is taken is what was open when it was called', async (t) => {
  const turns = heldTurns()
  const judgeAll = judgingInPieces<number>(turns.nextTurn)
  const open = new Set(Array.from({ length: piece + 1 }, (_, i) => i))
  const judged: number[] = []
  const done = judgeAll(open, (one) => judged.push(one))
  open.add(-1)
  await turns.give()
  await done
  t.notOk(judged.includes(-1))
})

t.test('others have their turn between two pieces, where nobody says how', async (t) => {
  const judged: number[] = []
  const seen: number[] = []
  setImmediate(() => seen.push(judged.length))
  const all = Array.from({ length: 2 * piece }, (_, i) => i)
  await judgingInPieces<number>()(all, (one) => judged.push(one))
  t.same(seen, [piece])
  t.equal(judged.length, 2 * piece)
})
