// One piece of work for each session, whoever waits for it, and for how long.
import t from 'tap'
import { createFlights } from '../../../src/runtime/renewals/flights.ts'
import { heldTiming } from '../../support/timing.ts'

const limits = { waitMs: 3000, underWay: 2 }

t.test('all who ask for a session at once get the outcome of one piece of work', async (t) => {
  const flights = createFlights<string>(heldTiming(), limits)
  const work = Promise.withResolvers<string>()
  let begun = 0
  const begin = () => {
    begun += 1
    return work.promise
  }
  const asked = Array.from({ length: 50 }, () => flights.join('s', begin))
  work.resolve('done')
  t.same(new Set(await Promise.all(asked)), new Set(['done']))
  t.equal(begun, 1)
  t.equal(await flights.join('s', async () => 'again'), 'again', 'what is over is begun anew')
})

t.test('who waits is let go after the time, counted from when the work began', async (t) => {
  const timing = heldTiming()
  const flights = createFlights<string>(timing, limits)
  t.equal(flights.underWay(), null)
  const work = Promise.withResolvers<string>()
  const first = flights.join('s', () => work.promise)
  timing.pass(2999)
  const second = flights.join('s', () => work.promise)
  timing.pass(1)
  t.same(await Promise.all([first, second]), ['late', 'late'])
  t.equal(await flights.join('s', () => work.promise), 'late', 'who comes later does not wait at all')
  const settled = flights.underWay()
  work.resolve('done')
  await settled
  t.equal(timing.waiting(), 0)
  t.equal(await flights.join('s', async () => 'anew'), 'anew', 'the work went on, and is over')
})

t.test('work that fails fails for all who wait, and nobody has to wait', async (t) => {
  const flights = createFlights<string>(heldTiming(), limits)
  const fault = new Error('for the test')
  const asked = [1, 2].map(() => flights.join('s', () => Promise.reject(fault)))
  for (const one of asked) await t.rejects(one, fault)
  t.equal(await flights.join('s', async () => 'again'), 'again')
})

t.test('beyond the bound nothing is begun, but what is under way is shared', async (t) => {
  const flights = createFlights<string>(heldTiming(), limits)
  const work = Promise.withResolvers<string>()
  const first = flights.join('one', () => work.promise)
  flights.join('two', () => work.promise)
  let begun = false
  const third = flights.join('three', async () => {
    begun = true
    return ''
  })
  t.equal(await third, 'full')
  t.notOk(begun)
  const same = flights.join('one', async () => '')
  work.resolve('done')
  t.same(await Promise.all([first, same]), ['done', 'done'])
})
