// What `.ci/run` prints at its end when something failed: enough to find the assertion in the tail of a long log.
import { execFileSync } from 'node:child_process'
import t from 'tap'

const failuresOf = (tap: readonly string[]): readonly string[] =>
  execFileSync('.ci/failures', { input: `${tap.join('\n')}\n`, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')

t.test('a failed assertion is told with its place, its difference, its test and its file', async (t) => {
  const tap = [
    'TAP version 14',
    '# Subtest: test/a.test.ts',
    '    # Subtest: outer',
    '        # Subtest: inner',
    '            ok 1 - fine',
    '            not ok 2 - one is two',
    '              ---',
    '              at:',
    '                fileName: test/a.test.ts',
    '                lineNumber: 3',
    '              stack: |',
    '                test/a.test.ts:3:5',
    '              diff: |',
    '                --- expected',
    '                +++ actual',
    '                @@ -1,1 +1,1 @@',
    '                -2',
    '                +1',
    '              ...',
    '            not ok 3 - not yet # TODO',
    '        not ok 1 - inner # time=46ms',
    '          ---',
    '          at:',
    '            lineNumber: 2',
    '          ...',
    '    not ok 1 - outer # time=58ms',
    'not ok 1 - test/a.test.ts # time=102ms',
    '  ---',
    '  exitCode: 1',
    '  ...',
    'ok 2 - test/b.test.ts # time=1ms',
    'not ok 3 - test/c.test.ts # time=7ms',
    '  ---',
    '  stdio: inherit',
    '  exitCode: 3',
    '  ...',
  ]
  t.same(failuresOf(tap), [
    '            not ok 2 - one is two',
    '                fileName: test/a.test.ts',
    '                lineNumber: 3',
    '                --- expected',
    '                +++ actual',
    '                @@ -1,1 +1,1 @@',
    '                -2',
    '                +1',
    '        not ok 1 - inner # time=46ms',
    '    not ok 1 - outer # time=58ms',
    'not ok 1 - test/a.test.ts # time=102ms',
    'not ok 3 - test/c.test.ts # time=7ms',
    '  exitCode: 3',
  ])
})

t.test('a thousand failures take 61 lines', async (t) => {
  const lines = failuresOf(Array.from({ length: 1_000 }, (_, index) => `not ok ${index + 1} - case`))
  t.equal(lines.length, 61)
  t.match(lines.at(-1), /more failed/)
})
