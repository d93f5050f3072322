// How often a provider is asked of access tokens that nobody knows.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { createUnseenTokens } from '../../../src/core/limits/unseen-tokens.ts'

const network = (number: number) => ({ key: `192.0.2.${number}`, hidden: false })

function counted(times: number, count: () => number): { let: number; refusedMs: number } {
  const all = Array.from({ length: times }, count)
  return { let: all.filter((ms) => ms === 0).length, refusedMs: Math.max(...all) }
}

t.test('a network has sixty in a minute, and the others theirs', async (t) => {
  const unseen = createUnseenTokens()
  t.same(
    counted(500, () => unseen.count(network(1), 1000)),
    { let: 60, refusedMs: 60_000 },
  )
  t.same(
    counted(500, () => unseen.count(network(2), 31_000)),
    { let: 60, refusedMs: 60_000 },
  )
  t.equal(unseen.count(network(1), 60_999), 1, 'a millisecond is left')
  t.equal(unseen.count(network(1), 61_000), 0)
})

t.test('all networks together have six hundred, and what is refused takes none', async (t) => {
  const unseen = createUnseenTokens()
  const all = Array.from(
    { length: 20 },
    (_, number) => counted(100, () => unseen.count(network(number), 0)).let,
  )
  t.same(all, [...Array(10).fill(60), ...Array(10).fill(0)])
  t.equal(unseen.count(network(19), limits.unseenTokensMs), 0)
})

t.test('networks that cannot be told apart count a hundredfold', async (t) => {
  const unseen = createUnseenTokens()
  const hidden = { key: '10.0.0.1', hidden: true }
  t.equal(counted(1000, () => unseen.count(hidden, 0)).let, 600)
})
