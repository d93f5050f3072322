import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { loadRuleTests } from '../../src/config/tests/load.ts'
import { untold } from '../../src/core/step.ts'
import { judgeTest } from '../../src/rehearsal/test/result.ts'
import { askOurs, asksOf, convertCase, filesOf, paths, separator } from '../support/apache-cases.ts'

// Of each golden file: the requests that it names, in both directions, an account of every line, and the rule tests.

for (const path of paths) {
  const [source = ''] = readFileSync(path, 'utf8').split(separator)
  const name = basename(path, '.txt').replaceAll('-', ' ')
  const asked = asksOf(source)

  if (asked.length > 0) {
    t.test(`${name}: what httpd let in and kept out, and what the result does`, async (t) => {
      const conversion = convertCase(`${source.trimEnd()}\n`)
      const gateway = conversion.ok ? conversion.gateway : null
      if (gateway === null) throw new Error('the result does not load')
      for (const ask of asked) {
        const { text, httpd, ours } = ask
        t.equal(askOurs(gateway, ask), ours, text)
        t.ok(ours !== 'allow' || httpd === 'allow', `nobody gets in whom httpd kept out: ${text}`)
      }
    })
  }

  t.test(`${name}: every line has one account, and what is let in was let in before`, async (t) => {
    const conversion = convertCase(`${source.trimEnd()}\n`)
    if (!conversion.ok) throw new Error('it does not convert')
    const lines = conversion.lines ?? []
    for (const { name, text } of filesOf(`${source.trimEnd()}\n`)) {
      const own = lines.filter(({ at }) => at.file === name).map(({ at }) => at.line)
      t.same(
        [...own].toSorted((one, other) => one - other),
        linesOf(text),
        `each line of ${name}, once`,
      )
    }
    t.same(
      lines.filter(({ kind }) => kind === null),
      [],
      'each line is kept, changed, not needed or not convertible',
    )
    const { gateway, prove } = conversion
    const proof = gateway === null || prove === null ? null : prove(gateway, untold, 2000)
    const opened = proof?.disagreements.filter(
      ({ gateway, apache }) => gateway === 'allow' && apache !== 'allow',
    )
    const ids = new Set(opened?.map(({ announcedBy }) => announcedBy?.id ?? 'nothing'))
    t.same(
      [...ids].filter((id) => !meantOtherwise.has(id)),
      [],
    )
  })
}

for (const path of paths) {
  const [source = ''] = readFileSync(path, 'utf8').split(separator)
  t.test(
    `${basename(path, '.txt').replaceAll('-', ' ')}: the test file that comes along passes`,
    async (t) => {
      const conversion = convertCase(`${source.trimEnd()}\n`)
      const tests =
        conversion.ok && conversion.gateway !== null ? conversion.tests?.(conversion.gateway) : null
      const gateway = conversion.ok ? conversion.gateway : null
      if (tests === null || tests === undefined || gateway === null) throw new Error('there are no tests')
      const readFile = () => ({ ok: true, bytes: Buffer.from(tests), worldReadable: false }) as const
      const loaded = loadRuleTests('x.test.yaml', {}, { gateway, persons: new Map() }, { readFile })
      t.match(loaded, { ok: true })
      const results = loaded.ok ? loaded.tests.map((test) => judgeTest(gateway, test)) : []
      t.same(
        results
          .filter(({ misses }) => misses.length > 0)
          .map(({ test, misses }) => [test.name, test.method, test.url, misses]),
        [],
      )
      t.ok(
        results.some(({ outcome }) => outcome !== 'allow') || /require: anyone$/m.test(tests),
        'one is refused',
      )
    },
  )
}

/** What lets in whom httpd kept out, as its author meant it: of values of claims, each announced. */
const meantOtherwise = new Set(['eaten-backslash', 'nested-list', 'scope-words', 'null-value'])

/** The lines with a directive or the beginning of a section, read a second time. */
function linesOf(source: string): readonly number[] {
  const lines = source.trimEnd().split('\n')
  const numbers = lines.map((_, index) => index + 1)
  const isContinued = (number: number): boolean => lines[number - 2]?.endsWith('\\') === true
  return numbers.filter((number) => !isContinued(number) && /^\s*(?!<\/|#)\S/.test(lines[number - 1] ?? ''))
}
