import { mock } from 'node:test'
import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import { createPersonsKeys } from '../../../src/runtime/keys/persons-keys.ts'
import { acme } from '../../core/keys/keys.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('who is called gone again while a store still takes the first word is not forgotten', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const asked: PromiseWithResolvers<readonly []>[] = []
  const keys = createPersonsKeys({
    store: {
      refreshOwner: () => 1,
      sleepOwner() {
        const one = Promise.withResolvers<readonly []>()
        asked.push(one)
        return one.promise
      },
    },
    report: () => {},
    edition: () => ({ apiKeys: null, providers: new Map() }),
  })
  const gone = () => keys.sleepSoon({ user: 'alice', provider: acme })
  gone()
  gone()
  asked[1]?.reject(new StoreFault('STORE_UNAVAILABLE', 'away'))
  await turn()
  asked[0]?.resolve([])
  await turn()
  mock.timers.tick(5000)
  await turn()
  t.equal(asked.length, 3, 'the store is asked until it has taken the last word')
  asked[2]?.resolve([])
  await keys.close()
})
