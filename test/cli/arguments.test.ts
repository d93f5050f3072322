import t from 'tap'
import { readArguments } from '../../src/cli/arguments.ts'
import type { Command } from '../../src/cli/command.ts'

const options = {
  config: { type: 'string', short: 'c', value: 'FILE', help: 'the configuration' },
  severity: {
    type: 'string',
    value: 'SEVERITY',
    choices: ['error', 'warning', 'note'],
    help: 'from where on',
  },
  header: { type: 'string', multiple: true, value: 'H', help: 'a header' },
  mutate: { type: 'boolean', help: 'changes the rules' },
} as const satisfies Command['options']

const reasonOf = (args: readonly string[], operands?: Command['operands']): string | null => {
  const read = readArguments({ options, ...(operands === undefined ? {} : { operands }) }, args)
  return read.ok ? null : read.reason
}

t.test('what is wrong is said with what would be right', async (t) => {
  const rows: readonly (readonly [readonly string[], string])[] = [
    [['--mutat'], 'there is no option --mutat; did you mean --mutate?'],
    [['--Mutate'], 'there is no option --Mutate; did you mean --mutate?'],
    [['--no-mutate'], 'there is no option --no-mutate; did you mean --mutate?'],
    [['--conifg', 'x'], 'there is no option --conifg; did you mean --config?'],
    [['--hlep'], 'there is no option --hlep; did you mean --help?'],
    [['--xylophone'], 'there is no option --xylophone'],
    [['--__proto__'], 'there is no option --__proto__'],
    [['-x'], 'there is no option -x'],
    [['--config'], '--config wants a value: --config FILE'],
    [['-c'], '-c wants a value: -c FILE'],
    [
      ['--config', '--mutate'],
      '--config wants a value, and the option --mutate follows; if that is the value, write --config=--mutate',
    ],
    [['-c', '-x'], '-c wants a value, and the option -x follows; if that is the value, write -c-x'],
    [['--mutate=yes'], '--mutate takes no value'],
    [
      ['--severity', 'warnign'],
      '--severity takes error, warning, note, not "warnign"; did you mean warning?',
    ],
    [['--severity', 'fatal'], '--severity takes error, warning, note, not "fatal"'],
    [['a.yaml'], 'nothing stands beside the options, and "a.yaml" does; did you mean -c a.yaml?'],
    [['mutate'], 'nothing stands beside the options, and "mutate" does; did you mean --mutate?'],
    [['else'], 'nothing stands beside the options, and "else" does'],
    [['--e\u001b[31m\u202ed'], 'there is no option --e\\u{1b}[31m\\u{202e}d'],
    [['\u001b]0;t\u0007'], 'nothing stands beside the options, and "\\u{1b}]0;t\\u{7}" does'],
  ]
  for (const [args, reason] of rows) t.equal(reasonOf(args), reason, args.join(' '))
})

t.test('what is right is read', async (t) => {
  for (const args of [
    ['--config', '-'],
    ['--config=-x'],
    ['-c-x'],
    ['--severity', 'note'],
    ['--help'],
    ['-h'],
    ['--config', 'a', '--config', 'b'],
    ['--header', 'a: b', '--header', 'c: d'],
    ['--config', ''],
    [],
  ]) {
    t.equal(reasonOf(args), null, args.join(' '))
  }
  t.equal(reasonOf(['a.yaml', '--', '--mutat'], { files: true }), null, 'what stands behind -- is no option')
  const read = readArguments({ options, operands: {} }, ['--header', 'a', 'x', '--mutate', '--header', 'b'])
  t.match(read, { ok: true, values: { header: ['a', 'b'], mutate: true }, operands: ['x'] })
})
