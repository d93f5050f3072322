import t from 'tap'
import { answerAction, requestActions } from '../../../src/core/headers/action.ts'
import { knownNames } from '../../../src/core/headers/known-names.ts'
import { usedHeapBytes } from '../../support/heap.ts'

/** A judgement that says of which names it was asked. */
function counting(bounds: { mostOfOneLength: number; longestBytes: number }) {
  const judged: string[] = []
  const judge = knownNames((name) => {
    judged.push(name)
    return name.toUpperCase()
  }, bounds)
  return { judge, judged }
}

t.test('a name that was judged before is not judged again, in this spelling', async (t) => {
  const { judge, judged } = counting({ mostOfOneLength: 3, longestBytes: 6 })
  t.same(['Host', 'host', 'Host', 'Cookie', '', ''].map(judge), ['HOST', 'HOST', 'HOST', 'COOKIE', '', ''])
  t.same(judged, ['Host', 'host', 'Cookie', ''])
})

t.test('a name that is too long is judged each time', async (t) => {
  const { judge, judged } = counting({ mostOfOneLength: 3, longestBytes: 6 })
  for (const name of ['Cookie', 'Cookie', 'Referer', 'Referer']) judge(name)
  t.same(judged, ['Cookie', 'Referer', 'Referer'])
})

t.test('names beyond the bound make those of their length forgotten, and no others', async (t) => {
  const { judge, judged } = counting({ mostOfOneLength: 2, longestBytes: 6 })
  for (const name of ['abc', 'x-ab', 'x-ac', 'x-ad', 'x-ab', 'x-ad', 'abc']) judge(name)
  t.same(judged, ['abc', 'x-ab', 'x-ac', 'x-ad', 'x-ab'])
})

t.test('however many names clients send, each is judged for what it is', async (t) => {
  const action = requestActions(new Set(['x-user']), null)
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 200; i++) {
      const digits = String(i).padStart(3, '0')
      t.equal(action(`X-N${digits}`), 'pass')
      t.equal(action(`X_N${digits}`), 'drop', 'a name with an underscore')
    }
    t.equal(action('X-User'), 'drop')
    t.equal(action('Cookie'), 'cookie')
    t.equal(answerAction('Set-Cookie'), 'set-cookie')
    t.equal(answerAction('Accept-Ch'), 'pass')
  }
})

t.test('a name does not keep the head alive that it was cut out of', async (t) => {
  const judge = knownNames((name) => name.length, { mostOfOneLength: 1000, longestBytes: 64 })
  const before = usedHeapBytes()
  for (let i = 0; i < 1000; i++) {
    const head = `${'x'.repeat(16_384)}${i}|X-Some-Long-Name-${String(i).padStart(4, '0')}`
    judge(head.slice(head.indexOf('|') + 1))
  }
  const kept = usedHeapBytes() - before
  t.ok(kept < 4 * 2 ** 20, `${kept} bytes are kept of 1,000 names in heads of 16 KiB`)
  t.equal(judge('X-Some-Long-Name-0001'), 21)
})
