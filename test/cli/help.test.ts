import t from 'tap'
import { fillUsage } from '../../src/cli/help.ts'

t.test('a paragraph is filled to 80 columns, however the source wraps it', async (t) => {
  const short = 'A sentence that\nthe source wraps\nearly.\n\nAnother paragraph.\n'
  t.equal(fillUsage(short), 'A sentence that the source wraps early.\n\nAnother paragraph.\n')
  const long = `${'word '.repeat(40).trim()}\n`
  const lines = fillUsage(long).trimEnd().split('\n')
  t.same(
    lines.map(({ length }) => length),
    [79, 79, 39],
  )
})

t.test('rows, examples and what is indented stay as they are', async (t) => {
  const text = '  -c, --config FILE  the configuration\n  -h, --help         this text\n\nEnd.\n'
  t.equal(fillUsage(text), text)
})

t.test(
  'a usage line that is too long goes on further to the right, and [-c FILE] stays together',
  async (t) => {
    const usage = `Usage: claimgate example --one URL ${'[-c FILE] '.repeat(8).trim()}\n       claimgate example --two\n`
    t.equal(
      fillUsage(usage),
      `Usage: claimgate example --one URL [-c FILE] [-c FILE] [-c FILE]
         [-c FILE] [-c FILE] [-c FILE] [-c FILE] [-c FILE]
       claimgate example --two
`,
    )
  },
)
