import t from 'tap'
import { optionsHelp, readOptions } from '../../src/cli/options.ts'

const specs = {
  output: { type: 'string', short: 'o', value: 'FILE', help: 'the file to write' },
  prove: {
    type: 'boolean',
    help: 'asks a model of httpd and the result about the same requests, and lists what they answer differently',
  },
} as const

t.test('the help of a command is written from the options that it reads', async (t) => {
  t.equal(
    optionsHelp(specs),
    `  -o, --output FILE  the file to write
      --prove        asks a model of httpd and the result about the same
                     requests, and lists what they answer differently
  -h, --help         this text
`,
  )
  t.ok(
    optionsHelp(specs)
      .split('\n')
      .every(({ length }) => length <= 80),
    'no line is wider than 80 characters',
  )
})

t.test('help goes to the standard output, and what is no option to the standard error', async (t) => {
  const written: string[] = []
  const io = {
    stdout: (text: string) => void written.push(`out ${text}`),
    stderr: (text: string) => void written.push(`err ${text}`),
  }
  const command = { name: 'convert', usage: 'Usage: …\n', options: specs }
  t.same(readOptions(command, ['--help'], io), { ok: false, exitCode: 0 })
  t.same(written.splice(0), ['out Usage: …\n'])
  t.same(readOptions(command, ['--prof'], io), { ok: false, exitCode: 2 })
  t.match(
    written.join(''),
    /^err claimgate convert: there is no option --prof; did you mean --prove\?\nSee `claimgate convert --help`\.\n$/,
  )
  const read = readOptions(command, ['-o', 'x.yaml', '--prove'], io)
  if (!read.ok) throw new Error('these options are right')
  t.equal(read.options.text('output'), 'x.yaml')
  t.equal(read.options.flag('prove'), true)
})
