import type { Coverage } from './coverage.ts'
import type { Mutation } from './mutation.ts'
import type { Result } from './result.ts'

/** All that one run of the tests found. */
export interface TestReport {
  /** The configuration, as it was named: places of rules are in it. */
  readonly file: string
  readonly results: readonly Result[]
  readonly coverage: Coverage
  /** Null: not asked for. */
  readonly mutation: Mutation | null
}

export function failuresOf({ results }: TestReport): readonly Result[] {
  return results.filter(({ misses }) => misses.length > 0)
}

/** Whether there is nothing to be mended: tests, all of which pass, and no change that none of them notices. */
export function isFine(report: TestReport): boolean {
  const survivors = report.mutation?.survivors.length ?? 0
  return report.results.length > 0 && failuresOf(report).length === 0 && survivors === 0
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
