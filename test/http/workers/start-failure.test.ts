// Why a worker could not begin is said by another process, in the words of the one that could not.
import t from 'tap'
import { startFailure } from '../../../src/commands/serve.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import { errorOfFailure, failureOf } from '../../../src/http/workers/start-failure.ts'

const across = (thrown: unknown) => errorOfFailure(structuredClone(failureOf(thrown)))

t.test('an address that is taken is still named', async (t) => {
  const thrown = Object.assign(new Error('bind EADDRINUSE 127.0.0.1:8080'), {
    ...{ code: 'EADDRINUSE', errno: -98, syscall: 'bind', address: '127.0.0.1', port: 8080 },
  })
  t.match(startFailure(across(thrown)), /^127\.0\.0\.1:8080 is taken: stop what listens there/)
  t.equal(startFailure(across(thrown)), startFailure(thrown))
})

t.test('a fault keeps its sentence, and nothing else of it goes along', async (t) => {
  const thrown = new StoreFault('STORE_INVALID', 'the file is damaged; remove it')
  t.equal(startFailure(across(thrown)), 'the file is damaged; remove it')
  t.same(failureOf(thrown).system, {})
})

t.test('what nobody expected is thrown as it was', async (t) => {
  t.throws(() => startFailure(across(new TypeError('x is not a function'))), /x is not a function/)
  t.equal(failureOf('text').message, 'text')
})
