// How much may be held, of all together and of one network, and that what is given back can be taken again.
import t from 'tap'
import { createHeldBytes } from '../../../src/core/limits/held-bytes.ts'
import type { ClientNetwork } from '../../../src/core/limits/network.ts'

const network = (key: string, hidden = false): ClientNetwork => ({ key, hidden })
const [a, b] = [network('192.0.2.1'), network('192.0.2.2')]

t.test(
  'the bounds: a part for each process, an eighth for each network, one whole body at least',
  async (t) => {
    for (const [processes, most, longest, inAll, ofNetwork] of [
      [1, 800, 50, 800, 100],
      [4, 800, 20, 200, 25],
      [4, 800, 50, 200, 50],
      [16, 800, 60, 60, 60],
      [3, 1000, 0, 333, 41],
      [1, 800, 0, 800, 100],
    ] as const)
      t.same(
        createHeldBytes(processes).bounds(most, longest),
        { inAll, ofNetwork },
        `${processes} of ${most}, ${longest}`,
      )
  },
)

t.test('one network takes its part, and leaves the rest to others', async (t) => {
  const held = createHeldBytes()
  const bounds = held.bounds(800, 10)
  t.ok(held.take(a, 60, bounds))
  t.ok(held.take(a, 40, bounds))
  t.notOk(held.take(a, 1, bounds))
  t.equal(held.free(a, bounds), 0)
  t.equal(held.free(b, bounds), 100)
  t.ok(held.take(b, 100, bounds))
  t.equal(held.bytes(), 200)
  held.release(a, 40)
  t.ok(held.take(a, 40, bounds))
  held.release(a, 100)
  held.release(b, 100)
  t.equal(held.bytes(), 0)
  t.equal(held.networks(), 0, 'nobody is remembered who holds nothing')
})

t.test('many networks take all that there is, and no more', async (t) => {
  const held = createHeldBytes()
  const bounds = held.bounds(800, 10)
  const taken = Array.from({ length: 30 }, (_, i) => held.take(network(`192.0.2.${i}`), 100, bounds))
  t.same(
    taken,
    taken.map((_, i) => i < 8),
  )
  t.equal(held.bytes(), 800)
  t.equal(held.free(network('new'), bounds), 0)
})

t.test('networks that cannot be told apart may take all, and no more', async (t) => {
  const held = createHeldBytes()
  const bounds = held.bounds(800, 10)
  const all = network('unknown', true)
  t.ok(held.take(all, 800, bounds))
  t.notOk(held.take(all, 1, bounds))
  t.notOk(held.take(a, 1, bounds))
})

t.test('nothing takes no room, and leaves no trace', async (t) => {
  const held = createHeldBytes()
  t.ok(held.take(a, 0, held.bounds(0, 0)))
  t.equal(held.networks(), 0)
})

t.test('smaller bounds take nothing away, and let nothing in until there is room', async (t) => {
  const held = createHeldBytes()
  t.ok(held.take(a, 100, held.bounds(800, 10)))
  const smaller = held.bounds(80, 10)
  t.equal(held.free(a, smaller), 0)
  t.notOk(held.take(b, 1, smaller))
  held.release(a, 100)
  t.ok(held.take(b, 10, smaller))
})

t.test('refusals are counted by whose room it was', async (t) => {
  const held = createHeldBytes()
  const bounds = held.bounds(800, 10)
  t.same(held.refusals(), { network: 0, all: 0 })
  t.ok(held.take(a, 90, bounds))
  t.equal(held.refuse(a, bounds), 'network')
  for (const at of [1, 2, 3, 4, 5, 6, 7]) t.ok(held.take(network(`198.51.100.${at}`), 100, bounds))
  t.equal(held.refuse(a, bounds), 'network', 'ten are left of either')
  t.ok(held.take(b, 10, bounds))
  t.equal(held.refuse(b, bounds), 'all')
  t.equal(held.refuse(a, bounds), 'all')
  t.same(held.refusals(), { network: 2, all: 2 })
})
