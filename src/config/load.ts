import { dirname, resolve } from 'node:path'
import type { Gateway } from '../core/gateway.ts'
import { buildGateway } from './build/gateway.ts'
import type { Scope } from './build/scope.ts'
import { decodeUtf8, type ReadFile, readFromDisk, type Surroundings } from './files.ts'
import { type Issue, inFileOrder, type Report } from './issue.ts'
import { readTree } from './read.ts'
import type { Place } from './rule-context.ts'
import { readRuleTests } from './tests/read.ts'
import { noTests, type RuleTests } from './tests/rule-test.ts'

export type LoadedGateway =
  | {
      readonly ok: true
      readonly gateway: Gateway
      readonly warnings: readonly Issue[]
      readonly source: { readonly file: string }
      /** Where locations and the parts of their rules stand, by the model's own objects. */
      readonly places: ReadonlyMap<object, Place>
      /** What `tests` holds; no part of the model. */
      readonly tests: RuleTests
    }
  /** `unreadable`: there is no file to find faults in; commands tell the two apart by their exit status. */
  | {
      readonly ok: false
      readonly unreadable: boolean
      readonly issues: readonly Issue[]
      readonly warnings: readonly Issue[]
    }

export interface LoadOptions {
  /** What a relative `file` starts from; the process's own working directory when absent. */
  readonly cwd?: string
  readonly readFile?: ReadFile
}

/**
 * Reads and checks a configuration file. Never throws for what the file holds: every fault comes back at once, in the
 * order of the file. `file` is named in messages as it was given.
 */
export function loadGateway(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  options: LoadOptions = {},
): LoadedGateway {
  const { readFile = readFromDisk } = options
  const path = resolve(options.cwd ?? '.', file)
  const read = readFile(path)
  if (!read.ok) return unreadable(file, read.reason)
  const text = decodeUtf8(read.bytes)
  if (text === null) return unreadable(file, 'is no UTF-8 text')
  return loadGatewayFromText(text, { file, folder: dirname(path), env, readFile })
}

/** The same for a text that is at hand: `folder` is what relative paths in it start from. */
export function loadGatewayFromText(text: string, surroundings: Surroundings): LoadedGateway {
  const issues = collector(surroundings.file)
  const warnings = collector(surroundings.file)
  const context = { surroundings, report: issues.report, warn: warnings.report }
  const root = readTree(text, context)
  const places = new Map<object, Place>()
  const scope: Scope | null =
    root === null ? null : { root, surroundings, report: unlessTold(issues), warn: warnings.report, places }
  const gateway = scope === null ? null : buildGateway(scope, () => issues.found().length === 0)
  const tests = scope === null ? noTests : testsOf(scope, gateway)
  if (gateway === null || issues.found().length > 0) {
    return { ok: false, unreadable: false, issues: issues.found(), warnings: warnings.found() }
  }
  return { ok: true, gateway, warnings: warnings.found(), source: { file: surroundings.file }, places, tests }
}

function testsOf({ root, report, surroundings: { file } }: Scope, gateway: Gateway | null): RuleTests {
  return readRuleTests({ file, root, path: ['tests'], report }, { gateway, persons: new Map() })
}

interface Collector {
  readonly report: Report
  readonly found: () => readonly Issue[]
}

/** What could not be read stands for nothing that could be judged: of its place no more is told. */
function unlessTold(issues: Collector): Report {
  const places = new Set(issues.found().map(({ position }) => JSON.stringify(position)))
  places.delete('null')
  return (issue) => {
    if (!places.has(JSON.stringify(issue.position))) issues.report(issue)
  }
}

/** Collects what is reported, each thing once: an inherited key is judged for every app that inherits it. */
function collector(file: string): Collector {
  const issues = new Map<string, Issue>()
  return {
    report: (issue) => {
      const { position, path, message } = issue
      issues.set(JSON.stringify([position, path, message]), { file, ...issue })
    },
    found: () => inFileOrder([...issues.values()]),
  }
}

function unreadable(file: string, reason: string): LoadedGateway {
  const issue = {
    file,
    position: null,
    path: '',
    message: `the file cannot be read: ${reason}`,
    suggestion: null,
  }
  return { ok: false, unreadable: true, issues: [issue], warnings: [] }
}
