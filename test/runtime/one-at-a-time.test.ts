import t from 'tap'
import { oneAtATime } from '../../src/runtime/one-at-a-time.ts'

/** Work that a test ends, run by run. */
function heldWork() {
  const ends: { readonly resolve: (value: number) => void; readonly reject: (thrown: Error) => void }[] = []
  const work = () => new Promise<number>((resolve, reject) => void ends.push({ resolve, reject }))
  return { ends, runs: oneAtATime(work) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('who asks while a run is under way gets one behind it, all the same one', async (t) => {
  const { ends, runs } = heldWork()
  t.equal(runs.busy(), false)
  const first = runs.run()
  const [second, third] = [runs.run(), runs.run()]
  t.equal(second, third)
  t.not(second, first)
  await turn()
  t.equal(ends.length, 1)
  t.equal(runs.busy(), true)
  ends[0]?.resolve(1)
  t.equal(await first, 1)
  await turn()
  t.equal(ends.length, 2, 'it begins then')
  const fourth = runs.run()
  t.not(fourth, second, 'who asks now is not served by it')
  ends[1]?.resolve(2)
  t.same(await Promise.all([second, third]), [2, 2])
  await turn()
  ends[2]?.resolve(3)
  t.equal(await fourth, 3)
  await turn()
  t.equal(runs.busy(), false)
  t.equal(ends.length, 3, 'and nothing goes on')
})

t.test('a run that fails is told to who asked for it, and the next one begins', async (t) => {
  const { ends, runs } = heldWork()
  const first = runs.run()
  const second = runs.run()
  ends[0]?.reject(new Error('broken'))
  await t.rejects(first, { message: 'broken' })
  await turn()
  ends[1]?.resolve(2)
  t.equal(await second, 2)
  const third = runs.run()
  ends[2]?.resolve(3)
  t.equal(await third, 3)
})
