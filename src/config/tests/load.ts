import { dirname, resolve } from 'node:path'
import { decodeUtf8, readFromDisk } from '../files.ts'
import { type Issue, inFileOrder, type Report } from '../issue.ts'
import type { LoadOptions } from '../load.ts'
import { readTree } from '../read.ts'
import { readRuleTests } from './read.ts'
import type { RuleTest, TestSubject } from './rule-test.ts'

export type LoadedTests =
  | { readonly ok: true; readonly tests: readonly RuleTest[] }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Reads a file of rule tests. Never throws for what it holds: every fault comes back at once, with its place. */
export function loadRuleTests(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  subject: TestSubject,
  options: LoadOptions = {},
): LoadedTests {
  const { readFile = readFromDisk } = options
  const path = resolve(options.cwd ?? '.', file)
  const issues: Issue[] = []
  const report: Report = (issue) => void issues.push({ file, ...issue })
  const read = readFile(path)
  const text = read.ok ? decodeUtf8(read.bytes) : null
  if (text === null) {
    const why = read.ok ? 'is no UTF-8 text' : read.reason
    report({ position: null, path: '', message: `the file cannot be read: ${why}`, suggestion: null })
    return { ok: false, issues }
  }
  const surroundings = { file, folder: dirname(path), env, readFile }
  const root = readTree(text, { surroundings, report, warn: () => {} })
  if (root === null) return { ok: false, issues: inFileOrder(issues) }
  const { tests } = readRuleTests({ file, root, path: [], report }, subject)
  return issues.length === 0 ? { ok: true, tests } : { ok: false, issues: inFileOrder(issues) }
}
