import t from 'tap'
import { fuzzAborts } from '../support/abort-fuzz.ts'

// A run of a failing seed alone: node bench/aborts.ts 1000 SEED
for (const seed of [1, 2, 3]) {
  t.test(`clients that go away at any moment raise nothing and leave nothing (seed ${seed})`, async (t) => {
    const { raised, leased, held, statuses } = await fuzzAborts(200, seed)
    t.same(raised, [], 'nothing is thrown outside its request')
    t.equal(leased, 0, 'no request leases the edition')
    t.equal(held, 0, 'no connection of an app is held')
    t.ok((statuses.get(499) ?? 0) > 0, 'some went away in the midst')
    t.ok([...statuses.keys()].length > 3, 'and others were answered, each in its way')
  })
}
