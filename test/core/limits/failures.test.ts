import t from 'tap'
import { createFailureCount } from '../../../src/core/limits/failures.ts'

const a = { key: '192.0.2.1', hidden: false }
const b = { key: '192.0.2.2', hidden: false }

function failTimes(count: ReturnType<typeof createFailureCount>, times: number, at: number, of = a): void {
  for (let i = 0; i < times; i++) count.failed(of, at)
}

t.test('a network that failed as often as may be is refused until its time is over', async (t) => {
  const count = createFailureCount({ most: 3, withinMs: 60_000, networks: 10 })
  failTimes(count, 2, 1000)
  t.equal(count.refusedForMs(a, 1000), 0)
  count.failed(a, 31_000)
  t.equal(count.refusedForMs(a, 31_000), 30_000, 'counted from the first')
  t.equal(count.refusedForMs(b, 31_000), 0, 'no other network')
  t.equal(count.refusedForMs(a, 60_999), 1)
  t.equal(count.refusedForMs(a, 61_000), 0)
  count.failed(a, 61_000)
  t.equal(count.refusedForMs(a, 61_000), 0, 'what was before is forgotten')
  failTimes(count, 2, 62_000)
  t.equal(count.refusedForMs(a, 62_000), 59_000)
})

t.test('where networks cannot be told apart it is a hundred times as many', async (t) => {
  const count = createFailureCount({ most: 3, withinMs: 60_000, networks: 10 })
  const hidden = { key: '10.0.0.1', hidden: true }
  failTimes(count, 299, 0, hidden)
  t.equal(count.refusedForMs(hidden, 0), 0)
  count.failed(hidden, 0)
  t.equal(count.refusedForMs(hidden, 0), 60_000)
})

t.test(
  'as many networks are counted as may be: of more, the one that began first is forgotten',
  async (t) => {
    const count = createFailureCount({ most: 1, withinMs: 60_000, networks: 3 })
    const networks = ['1', '2', '3', '4'].map((key) => ({ key, hidden: false }))
    for (const [i, network] of networks.entries()) count.failed(network, i)
    t.same(
      networks.map((network) => count.refusedForMs(network, 10) > 0),
      [false, true, true, true],
    )
  },
)
