import t from 'tap'
import { remembered } from '../../../src/core/limits/remembered.ts'
import { readAddressRange } from '../../../src/core/request/address.ts'
import { clientAddress } from '../../../src/core/request/forwarded.ts'
import { usedHeapBytes } from '../../support/heap.ts'

/** A function that says of what texts it was worked out. */
function counting(bounds: { most: number; longest: number }) {
  const made: string[] = []
  const ask = remembered((text) => {
    made.push(text)
    return text.toUpperCase()
  }, bounds)
  return { ask, made }
}

t.test('what was asked before is not worked out again', async (t) => {
  const { ask, made } = counting({ most: 3, longest: 5 })
  t.same(['a', 'b', 'a', '', ''].map(ask), ['A', 'B', 'A', '', ''])
  t.same(made, ['a', 'b', ''])
})

t.test('what makes nothing is not remembered, and takes nobody’s room', async (t) => {
  const made: string[] = []
  const ask = remembered(
    (text) => {
      made.push(text)
      return text.startsWith('ours') ? text : null
    },
    { most: 1, longest: 5 },
  )
  t.same(['ours', 'x', 'x', 'ours'].map(ask), ['ours', null, null, 'ours'])
  t.same(made, ['ours', 'x', 'x'])
})

t.test('a text that is too long is not kept', async (t) => {
  const { ask, made } = counting({ most: 3, longest: 5 })
  for (const text of ['12345', '12345', '123456', '123456']) ask(text)
  t.same(made, ['12345', '123456', '123456'])
})

t.test(
  'no more are kept than the bound, and one round of other texts costs the rest one working out',
  async (t) => {
    const { ask, made } = counting({ most: 3, longest: 5 })
    for (const text of ['a', 'b', 'c', 'd', 'a', 'd']) ask(text)
    t.same(made, ['a', 'b', 'c', 'd', 'a'])
  },
)

// Of Node 24, that a checkout may be run by: Node 26 copies the keys of a map itself.
t.test('an address does not keep the header alive that it was cut out of', async (t) => {
  const trusted = ['10.0.0.0/8'].flatMap((text) => {
    const reading = readAddressRange(text)
    return reading.ok ? [reading.range] : []
  })
  const before = usedHeapBytes()
  for (let i = 0; i < 2000; i++) {
    const address = `2001:db8::${i.toString(16)}:abcd:abcd`
    clientAddress('10.0.0.1', [`${'x'.repeat(16_384)}${i}, ${address}`], trusted)
  }
  const kept = usedHeapBytes() - before
  t.ok(kept < 8 * 2 ** 20, `${kept} bytes are kept of 2,000 addresses in headers of 16 KiB`)
})
