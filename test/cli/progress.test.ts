import t from 'tap'
import { countedOf, openProgress } from '../../src/cli/progress.ts'

/** What is written, for a step at each of these milliseconds. */
function told(isTerminal: boolean | null, ...times: readonly number[]): readonly string[] {
  const written: string[] = []
  let now = 1_000_000
  const progress = openProgress((...at) => countedOf(...at, 'changes'), {
    stderr: (text) => void written.push(text),
    nowMs: () => now,
    ...(isTerminal === null ? {} : { isTerminal: { stdout: !isTerminal, stderr: isTerminal } }),
  })
  for (const [index, at] of times.entries()) {
    now = 1_000_000 + at
    progress.step(index, 9)
  }
  progress.end()
  progress.end()
  return written
}

const erase = '\r\u001b[K'

t.test('nothing is told before two seconds, nor of what had no step after them', async (t) => {
  t.same(told(true), [])
  t.same(told(true, 0, 500, 1_999), [])
  t.same(told(false, 0, 1_999, 5_000, 29_999), [])
})

t.test('on a terminal one line is written over, four times a second, and taken off at the end', async (t) => {
  t.same(told(true, 0, 2_000, 2_001, 2_249, 2_250, 10_000, 10_100), [
    `${erase}1 of 9 changes`,
    `${erase}4 of 9 changes`,
    `${erase}5 of 9 changes`,
    erase,
  ])
})

t.test('elsewhere a plain line stays every thirty seconds', async (t) => {
  for (const isTerminal of [false, null]) {
    t.same(told(isTerminal, 0, 30_000, 31_000, 59_999, 60_000, 100_000), [
      '1 of 9 changes\n',
      '4 of 9 changes\n',
      '5 of 9 changes\n',
    ])
  }
})

t.test('where the end is not known, what is done is counted', async (t) => {
  t.equal(countedOf(120, null, 'lines'), '120 lines')
  t.equal(countedOf(120, 480, 'lines'), '120 of 480 lines')
})
