import { failuresOf, type TestReport } from './report.ts'
import type { Result } from './result.ts'

/**
 * A run as JUnit XML, as code hosts read it: a suite a file, a case a test. Survivors of a mutation are failures of a
 * suite of their own; there are no times, so that the same rules and tests give the same file.
 */
export function reportJunit(report: TestReport): string {
  const { results, mutation } = report
  const suites = [...Map.groupBy(results, ({ test }) => test.file)].map(([file, own]) =>
    suite(
      file,
      own.map((result) => caseOf(result)),
    ),
  )
  const survivors = (mutation?.survivors ?? []).map(({ mutant, witness }): Case => {
    const { line, column } = mutant.place.position
    const name = `${report.file}:${line}:${column} ${mutant.change}`
    return { name, line, failure: `no test notices: ${witness.after} instead of ${witness.before}` }
  })
  const all = mutation === null ? suites : [...suites, suite('mutation', survivors)]
  const failed = failuresOf(report).length + survivors.length
  const tests = results.length + survivors.length
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="claimgate test" tests="${tests}" failures="${failed}">\n${all.join('')}</testsuites>\n`
}

interface Case {
  readonly name: string
  readonly line: number
  readonly failure: string | null
}

function caseOf({ test, misses }: Result): Case {
  const request = `${test.who}: ${test.method} ${test.url}`
  const failure = misses.map(({ expected, actual }) => `expected ${expected}, got ${actual}`).join('; ')
  return {
    name: test.name === null ? request : `${test.name} (${request})`,
    line: test.position.line,
    failure: failure === '' ? null : failure,
  }
}

function suite(name: string, cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== null).length
  const lines = cases.map((one) => caseXml(name, one)).join('')
  return `  <testsuite name="${escaped(name)}" tests="${cases.length}" failures="${failures}">\n${lines}  </testsuite>\n`
}

function caseXml(file: string, { name, line, failure }: Case): string {
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(file)}" file="${escaped(file)}" line="${line}"`
  return failure === null ? `${head}/>\n` : `${head}><failure message="${escaped(failure)}"/></testcase>\n`
}

/** XML 1.0 section 2.2 knows no other controls than these three, which are written as references. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
