import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { keepDiscovered } from '../../src/runtime/discovery.ts'
import { timersThatHold } from '../support/clock.ts'

function counting(t: Test) {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const asked: string[] = []
  const provider = (name: string) => ({
    discover: async () => {
      asked.push(name)
    },
  })
  return { asked, provider }
}

t.test('S-242: every provider is discovered at the start and by a beat, until the stop', async (t) => {
  const { asked, provider } = counting(t)
  const discovery = keepDiscovered(() => [provider('a'), provider('b')])
  t.same(asked, ['a', 'b'])
  mock.timers.tick(1000)
  t.same(asked, ['a', 'b', 'a', 'b'])
  discovery.stop()
  mock.timers.tick(5000)
  t.equal(asked.length, 4)
})

t.test('S-242: the beat asks the providers that are in use by then', async (t) => {
  const { asked, provider } = counting(t)
  let inUse = [provider('before')]
  const discovery = keepDiscovered(() => inUse)
  t.teardown(discovery.stop)
  inUse = [provider('after')]
  await discovery.look()
  t.same(asked, ['before', 'after'])
})

t.test('the beat keeps no process alive', async (t) => {
  const before = timersThatHold()
  const discovery = keepDiscovered(() => [])
  t.teardown(discovery.stop)
  t.equal(timersThatHold(), before)
})
