// How many processes a machine gets.
import t from 'tap'
import { workerCount } from '../../src/runtime/worker-count.ts'

t.test('a number is as it is written, and auto one for each core', async (t) => {
  t.equal(workerCount({ workers: 3 }, 8), 3)
  t.equal(workerCount({ workers: 'auto' }, 8), 8)
  t.equal(workerCount({ workers: 'auto' }, 1), 1)
  t.equal(workerCount({ workers: 'auto' }, 512), 256)
  t.ok(workerCount({ workers: 'auto' }) >= 1)
})
