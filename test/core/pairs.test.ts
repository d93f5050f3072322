import t from 'tap'
import { decodePairs } from '../../src/core/pairs.ts'

t.test('names and texts in turn are pairs', async (t) => {
  t.same(decodePairs([]), new Map())
  t.same(
    decodePairs(['a', '1', 'b', '2']),
    new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
  )
})

t.test('anything else is none', async (t) => {
  for (const none of [null, undefined, 'ab', {}, ['a'], ['a', 1], [1, 'a'], ['a', 'b', 'c'], ['a', null]])
    t.equal(decodePairs(none), null, JSON.stringify(none))
})
