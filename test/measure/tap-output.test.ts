import t from 'tap'
import { redTests } from './tap-output.ts'

t.test('an assertion, a throw and a time-out are told apart, and parents count for nothing', async (t) => {
  const output = [
    '# Subtest: outer',
    '    not ok 1 - should be equal',
    '      ---',
    '      compare: ===',
    '      diff: |',
    '        -tapCaught: in a text',
    '      ...',
    '    not ok 2 - boo',
    '      ---',
    '      tapCaught: returnedPromiseRejection',
    '      ...',
    '    not ok 3 - timeout!',
    '      ---',
    '      expired: slow',
    '      ...',
    '    ok 4 - fine',
    '    not ok 5 - later # TODO',
    '    1..5',
    'not ok 1 - outer # time=18.956ms',
    '  ---',
    '  at:',
    '    fileName: x.test.ts',
    '  ...',
  ].join('\n')
  t.same(redTests(output), [
    { failure: 'assertion', title: 'should be equal' },
    { failure: 'crash', title: 'boo' },
    { failure: 'time-out', title: 'timeout!' },
  ])
})

t.test('details that have not come whole yet are waited for', async (t) => {
  for (const output of ['not ok 1 - ha', 'not ok 1 - half\n', 'not ok 1 - half\n  --']) {
    t.same(redTests(output), [], output)
  }
  t.same(redTests('not ok 1 - half\n  ---\n  at:\n'), [])
})
