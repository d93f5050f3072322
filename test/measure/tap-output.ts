// What a test file printed, in the words of the mutants: an assertion that failed says more than a wait that ended in
// vain, though that has words (test/support/waiting.ts), and this more than a program that fell over or hung.

export type Failure = 'assertion' | 'wait' | 'crash' | 'time-out'

export interface RedTest {
  readonly failure: Failure
  /** The assertion's or the error's own words. */
  readonly title: string
}

const line = /^( *)not ok \d+(?: - (.*))?$/

/** The failures in what a test file printed so far; those of tests that failed for what is inside them left out. */
export function redTests(output: string): readonly RedTest[] {
  const lines = output.split('\n')
  return lines.flatMap((text, index) => {
    const [found, indent = '', title = ''] = line.exec(text) ?? []
    if (found === undefined || / # (?:time=|TODO|SKIP)/i.test(title)) return []
    const [opening, ...details] = lines.slice(index + 1)
    // The last line may be half of one.
    if (opening === undefined || details.length === 0) return []
    if (opening.trim() !== '---') return [{ failure: 'assertion', title }]
    const end = details.indexOf(`${indent}  ...`)
    if (end === -1) return []
    return [{ failure: failureOf(title, details.slice(0, end), indent), title }]
  })
}

function failureOf(title: string, details: readonly string[], indent: string): Failure {
  if (title === 'timeout!' || details.some((text) => text.startsWith(`${indent}  expired:`)))
    return 'time-out'
  const has = (line: RegExp) => details.some((text) => line.test(text.slice(indent.length + 2)))
  if (!has(/^(?:tapCaught|exitCode|signal|parseError):/)) return 'assertion'
  return has(/^type: WaitedInVain$/) ? 'wait' : 'crash'
}
