import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command, Io } from '../cli/command.ts'
import { firstSteps, toAsk } from '../cli/load.ts'
import {
  configFile,
  configOption,
  jsonBelow,
  madeUpSecretsOption,
  type OptionSpecs,
  type Options,
  optionsHelp,
  readOptions,
} from '../cli/options.ts'
import { countedOf, openProgress } from '../cli/progress.ts'
import { shownOn } from '../cli/shown.ts'
import { testFilesBeside } from '../cli/test-files.ts'
import { whyUnwritten } from '../cli/unwritten.ts'
import { type Issue, printIssue } from '../config/issue.ts'
import { type LoadedGateway, loadGateway } from '../config/load.ts'
import { loadRuleTests } from '../config/tests/load.ts'
import type { RuleTest } from '../config/tests/rule-test.ts'
import type { OnStep } from '../core/step.ts'
import { coverageOf } from '../rehearsal/test/coverage.ts'
import { reportJson } from '../rehearsal/test/json.ts'
import { reportJunit } from '../rehearsal/test/junit.ts'
import { mutate } from '../rehearsal/test/mutation.ts'
import { isFine, type TestReport } from '../rehearsal/test/report.ts'
import { judgeTest } from '../rehearsal/test/result.ts'
import { testedRules } from '../rehearsal/test/rules.ts'
import { reportText } from '../rehearsal/test/text.ts'

const specs = {
  mutate: {
    type: 'boolean',
    help: 'changes the rules, one place at a time: each condition left out and turned round, each location opened, closed, left out and for all methods, apps without their own rule. A change that no test notices is a finding',
  },
  coverage: { type: 'boolean', help: 'lists everything that the tests leave open, not the first few' },
  junit: { type: 'string', value: 'FILE', help: 'writes the results as JUnit XML too' },
  ...madeUpSecretsOption,
  ...configOption,
  ...jsonBelow,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate test [-c FILE] [TESTS.test.yaml…] [options]

Runs the rule tests of a configuration: those under \`tests\` in it, and those of every *.test.yaml beside it, or of the
files that are named alone. The gateway itself judges; nothing is sent. What no test says is listed as well: locations
that none comes to or is refused at, conditions that none meets or fails.

${optionsHelp(specs)}
Exit status: 0 every test passes, and with --mutate every change is noticed; 1 not so, or there are no
tests; 2 wrong usage, or a file with faults.

JSON: {ok, tests: [{file, line, column, name, as, method, url, expect, outcome: allow | deny | sign_in |
reject, reason, app, location, passed, misses: [{expected, actual}], conditions}], coverage: {locations:
[{app, location, file, line, column, path, tests, refused, refuses}], conditions: [{file, line, column,
path, met, missed}], gaps: [{kind, what, …}]}, mutation: null or {mutants, killed, survivors: [{change,
file, line, column, path, witness}]}}.
`

export const command: Command = {
  name: 'test',
  summary: 'run the tests beside the rules',
  usage,
  options: specs,
  operands: { files: true },
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const file = configFile(options, io.env)
    const loaded = loadGateway(file, io.env, { cwd: io.cwd, ...toAsk(options) })
    const gathered = loaded.ok ? gather(loaded, file, options.positionals, io) : loaded
    if (!loaded.ok || !gathered.ok) {
      const exitCode = tell(gathered.ok ? [] : gathered.issues, io)
      if (!loaded.ok && loaded.unreadable) io.stderr(firstSteps(file, io))
      return exitCode
    }
    const progress = openProgress((...at) => `test --mutate: ${countedOf(...at, 'changes')} of the rules`, io)
    const report = run(loaded, file, gathered.tests, options.flag('mutate') ? progress.step : null)
    progress.end()
    if (!(await written(report, options, io))) return 2
    return isFine(report) ? 0 : 1
  },
}

type Loaded = Extract<LoadedGateway, { ok: true }>

type Gathered =
  | { readonly ok: true; readonly tests: readonly RuleTest[] }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** The tests of the files that are named; else those of the configuration and of the files beside it. */
function gather({ gateway, tests }: Loaded, file: string, named: readonly string[], io: Io): Gathered {
  const files = named.length > 0 ? named : testFilesBeside(file, io.cwd)
  const tested = { gateway, persons: tests.persons }
  const read = files.map((one) => loadRuleTests(one, io.env, tested, { cwd: io.cwd }))
  const issues = read.flatMap((one) => (one.ok ? [] : one.issues))
  if (issues.length > 0) return { ok: false, issues }
  const own = named.length > 0 ? [] : tests.tests
  return { ok: true, tests: [...own, ...read.flatMap((one) => (one.ok ? one.tests : []))] }
}

function tell(issues: readonly Issue[], io: Io): number {
  for (const issue of issues) io.stderr(`${printIssue(issue)}\n`)
  return 2
}

function run(
  { gateway, places }: Loaded,
  file: string,
  tests: readonly RuleTest[],
  /** Null: without mutation. */
  onStep: OnStep | null,
): TestReport {
  const rules = testedRules(gateway, places)
  const results = tests.map((test) => judgeTest(gateway, test))
  const mutation = onStep !== null && tests.length > 0 ? mutate(gateway, rules, results, onStep) : null
  return { file, results, coverage: coverageOf(rules, results), mutation }
}

/** False: the file for JUnit could not be written, which was said. */
async function written(report: TestReport, options: Options, io: Io): Promise<boolean> {
  io.stdout(
    options.flag('json')
      ? reportJson(report)
      : reportText(report, options.flag('coverage'), shownOn(io).colours),
  )
  const junit = options.text('junit')
  if (junit === null) return true
  try {
    await writeFile(resolve(io.cwd, junit), reportJunit(report))
    return true
  } catch (error) {
    io.stderr(`claimgate test: ${junit} cannot be written: ${whyUnwritten(error)}\n`)
    return false
  }
}
