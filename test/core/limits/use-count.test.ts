import t from 'tap'
import { createUseCount } from '../../../src/core/limits/use-count.ts'

const a = { key: '192.0.2.1', hidden: false }
const b = { key: '192.0.2.2', hidden: false }
const hidden = { key: '10.0.0.1', hidden: true }

t.test('a network holds as many as it may, another one its own', async (t) => {
  const count = createUseCount(2)
  t.same([count.take(a), count.take(a), count.take(a), count.take(b)], [true, true, false, true])
  count.release(a)
  t.same([count.take(a), count.take(a)], [true, false])
})

t.test('a hundred times as many where networks cannot be told apart', async (t) => {
  const count = createUseCount(2)
  t.equal(Array.from({ length: 300 }, () => count.take(hidden)).filter((taken) => taken).length, 200)
})

t.test('a network that holds nothing is not remembered', async (t) => {
  const count = createUseCount(2)
  for (let i = 0; i < 1000; i++) {
    const network = { key: `2001:db8:0:${i.toString(16)}::/64`, hidden: false }
    count.take(network)
    count.release(network)
  }
  t.equal(count.networks(), 0)
  count.take(a)
  t.equal(count.networks(), 1)
})
