// Pieces of a worker's output come as the pipe cuts them; what is passed on are whole lines.
import t from 'tap'
import { createWorkerLines } from '../../../src/http/workers/worker-lines.ts'

function open() {
  const passed: string[] = []
  return { passed, lines: createWorkerLines((text) => void passed.push(text)) }
}

t.test('lines are passed on when they are whole, in their order', async (t) => {
  const { passed, lines } = open()
  for (const piece of ['{"a"', ':1}\n{"b":2}\n{"c', '":3}', '\n']) lines.take(piece)
  t.same(passed, ['{"a":1}\n{"b":2}\n', '{"c":3}\n'])
  t.equal(lines.end(), false)
})

t.test('a line that nobody ended is told and not passed on', async (t) => {
  const { passed, lines } = open()
  lines.take('{"a":1}\n{"b":')
  t.equal(lines.end(), true)
  t.same(passed, ['{"a":1}\n'])
})
