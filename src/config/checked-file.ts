import type { Gateway } from '../core/gateway.ts'
import { buildGatewaySteps } from './build/gateway.ts'
import type { Scope } from './build/scope.ts'
import type { Surroundings } from './files.ts'
import { type Issue, inFileOrder, type Report } from './issue.ts'
import { readTreeSteps } from './read.ts'
import type { Place } from './rules/context.ts'
import type { Steps } from './steps.ts'
import { readRuleTests } from './tests/read.ts'
import { noTests, type RuleTests } from './tests/rule-test.ts'

/** One configuration, judged by itself: what `shadow` names is not read. */
export interface CheckedFile {
  /** For what is judged later; null when the text is none that can be. */
  readonly scope: Scope | null
  /** Null when there were faults. */
  readonly gateway: Gateway | null
  readonly tests: RuleTests
  /** Where locations and the parts of their rules stand, by the model's own objects. */
  readonly places: ReadonlyMap<object, Place>
  /** All that was reported so far, in the order of the file. */
  readonly issues: () => readonly Issue[]
  readonly warnings: () => readonly Issue[]
}

export function* checkFileSteps(text: string, surroundings: Surroundings): Steps<CheckedFile> {
  const issues = collector(surroundings.file)
  const warnings = collector(surroundings.file)
  const context = { surroundings, report: issues.report, warn: warnings.report }
  const root = yield* readTreeSteps(text, context)
  const places = new Map<object, Place>()
  const scope: Scope | null =
    root === null
      ? null
      : {
          root,
          surroundings,
          report: unlessTold(issues),
          warn: warnings.report,
          places,
          emptyLists: new Map(),
        }
  const gateway = scope === null ? null : yield* buildGatewaySteps(scope, () => issues.found().length === 0)
  const tests = scope === null ? noTests : testsOf(scope, gateway)
  return { scope, gateway, tests, places, issues: issues.found, warnings: warnings.found }
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
