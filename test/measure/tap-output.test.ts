import t from 'tap'
import { redTests } from './tap-output.ts'

t.test('assertion, wait, throw and time-out are told apart, and parents count for nothing', async (t) => {
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
    '    not ok 3 - waited 60 s for a line',
    '      ---',
    '      type: WaitedInVain',
    '      tapCaught: returnedPromiseRejection',
    '      ...',
    '    not ok 4 - timeout!',
    '      ---',
    '      expired: slow',
    '      ...',
    '    ok 5 - fine',
    '    not ok 6 - later # TODO',
    '    1..6',
    'not ok 1 - outer # time=18.956ms',
    '  ---',
    '  at:',
    '    fileName: x.test.ts',
    '  ...',
  ].join('\n')
  t.same(redTests(output), [
    { failure: 'assertion', title: 'should be equal' },
    { failure: 'crash', title: 'boo' },
    { failure: 'wait', title: 'waited 60 s for a line' },
    { failure: 'time-out', title: 'timeout!' },
  ])
})

t.test('details that have not come whole yet are waited for', async (t) => {
  for (const output of ['not ok 1 - ha', 'not ok 1 - half\n', 'not ok 1 - half\n  --']) {
    t.same(redTests(output), [], output)
  }
  t.same(redTests('not ok 1 - half\n  ---\n  at:\n'), [])
})
