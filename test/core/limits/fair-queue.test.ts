import t from 'tap'
import { createFairQueue, type Place } from '../../../src/core/limits/fair-queue.ts'

const never = new AbortController().signal
const network = (key: string, hidden = false) => ({ key, hidden })

/** Asks for places under a name each, and notes in which order they were had. */
function follow(limits: { places: number; waiting: number; waitingOfNetwork: number }) {
  const queue = createFairQueue(limits)
  const had: string[] = []
  const refused: string[] = []
  const leaves: (() => void)[] = []
  const ask = (name: string, of = network(name.charAt(0)), signal = never): Promise<void> =>
    queue.enter(of, signal).then((place: Place) => {
      if (place.kind === 'taken') {
        had.push(name)
        leaves.push(place.leave)
      } else refused.push(`${name} ${place.kind}`)
    })
  /** The one that has had its place longest gives it back. */
  const leave = async (): Promise<void> => {
    leaves.shift()?.()
    await settled()
  }
  return { ask, leave, had, refused }
}

/** What was settled has been heard of. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

t.test('networks have their turn one after the other, however many of one wait', async (t) => {
  const { ask, leave, had } = follow({ places: 2, waiting: 100, waitingOfNetwork: 100 })
  for (let i = 1; i <= 6; i++) void ask(`a${i}`)
  await settled()
  t.same(had, ['a1', 'a2'], 'places that are free are had at once')
  void ask('b1')
  void ask('c1')
  void ask('b2')
  for (let i = 0; i < 7; i++) await leave()
  t.same(had.slice(2), ['a3', 'b1', 'c1', 'a4', 'b2', 'a5', 'a6'])
})

t.test('a place that nobody waits for is free again', async (t) => {
  const { ask, leave, had } = follow({ places: 1, waiting: 1, waitingOfNetwork: 1 })
  await ask('a1')
  await leave()
  await ask('b1')
  await leave()
  await ask('a2')
  t.same(had, ['a1', 'b1', 'a2'])
})

t.test('no more of a network wait than may, a hundred times as many where it hides others', async (t) => {
  const { ask, refused } = follow({ places: 1, waiting: 1000, waitingOfNetwork: 2 })
  for (let i = 0; i < 4; i++) void ask(`a${i}`)
  await settled()
  t.same(refused, ['a3 full'])
  for (let i = 0; i < 201; i++) void ask(`h${i}`, network('h', true))
  await settled()
  t.same(refused, ['a3 full', 'h200 full'])
})

t.test('when too many wait in all, the network with most loses its last, never one with fewer', async (t) => {
  const { ask, leave, had, refused } = follow({ places: 1, waiting: 4, waitingOfNetwork: 4 })
  for (let i = 0; i < 5; i++) void ask(`a${i}`)
  await settled()
  void ask('b1')
  await settled()
  t.same(refused, ['a4 full'])
  void ask('b2')
  await settled()
  t.same(refused, ['a4 full', 'a3 full'], 'until both have as many')
  void ask('b3')
  await settled()
  t.same(refused, ['a4 full', 'a3 full', 'b3 full'])
  for (let i = 0; i < 4; i++) await leave()
  t.same(had, ['a0', 'a1', 'b1', 'a2', 'b2'])
})

t.test('who gives up leaves the line, and counts no longer', async (t) => {
  const { ask, leave, had, refused } = follow({ places: 1, waiting: 1, waitingOfNetwork: 1 })
  await ask('a1')
  const patience = new AbortController()
  void ask('b1', network('b'), patience.signal)
  patience.abort()
  await settled()
  void ask('c1')
  await leave()
  await leave()
  void ask('d1', network('d'), patience.signal)
  await settled()
  t.same(had, ['a1', 'c1'])
  t.same(refused, ['b1 gone', 'd1 gone'])
  const late = new AbortController()
  await ask('e1')
  void ask('f1', network('f'), late.signal)
  await leave()
  late.abort()
  await settled()
  t.same(had, ['a1', 'c1', 'e1', 'f1'], 'a place that was had is kept')
  t.same(refused, ['b1 gone', 'd1 gone'])
})
