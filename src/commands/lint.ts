import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { nowOf } from '../cli/clock.ts'
import type { Command, Io } from '../cli/command.ts'
import { firstSteps, madeUpIfSaid } from '../cli/load.ts'
import {
  configFile,
  configOption,
  madeUpSecretsOption,
  type OptionSpecs,
  type Options,
  optionsHelp,
  readOptions,
} from '../cli/options.ts'
import { whyUnwritten } from '../cli/unwritten.ts'
import { readVersion } from '../cli/version.ts'
import { printIssue } from '../config/issue.ts'
import { askProviders } from '../lint/ask-providers.ts'
import { type Severity, severities } from '../lint/check.ts'
import { type LintResult, lint } from '../lint/lint.ts'
import { resultJson, resultText } from '../lint/report/report.ts'
import { toSarif } from '../lint/report/sarif.ts'
import { loadSubject, type Subject } from '../lint/subject.ts'

const specs = {
  online: {
    type: 'boolean',
    help: 'asks each provider for its metadata: claims and scopes that it does not have',
  },
  'fail-on': {
    type: 'string',
    value: 'SEVERITY',
    choices: severities,
    help: 'error, warning (default) or note: from where on the exit status is 1',
  },
  sarif: {
    type: 'string',
    value: 'FILE',
    help: 'writes SARIF 2.1.0 for code hosts as well; - for the standard output alone',
  },
  ...madeUpSecretsOption,
  ...configOption,
  json: {
    type: 'boolean',
    help: 'for programs: {file, findings, ignored, counts}, each finding with id, severity, file, line, column, path, message and fix',
  },
} as const satisfies OptionSpecs

const usage = `Usage: claimgate lint [-c FILE] [--online] [--fail-on SEVERITY] [--sarif FILE]
                      [--made-up-secrets] [--json]

Finds what a configuration probably does not mean: pages that are open by mistake, rules that
nobody or everybody meets, addresses that prove nothing. What is meant all the same is said in a
comment, in the line of the finding or the one above:

  # lint-ignore: app-open because everything here is published anyhow

${optionsHelp(specs)}
Exit status: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage, an unreadable file or one
with faults. Every finding is explained in docs/lint.md.
`

export const command: Command = {
  name: 'lint',
  summary: 'find what a configuration probably does not mean',
  usage,
  options: specs,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const failOn = severities.find((severity) => severity === options.text('fail-on')) ?? 'warning'
    const subject = load(options, io)
    if (subject === null) return 2
    const result = lint(options.flag('online') ? await withAnswers(subject, io) : subject)
    if (!(await tell(subject.file, result, options, io))) return 2
    return result.findings.some(({ severity }) => isAtLeast(severity, failOn)) ? 1 : 0
  },
}

/** Null when it cannot be read or has faults, which is said. */
function load(options: Options, io: Io): Subject | null {
  const file = configFile(options, io.env)
  const read = loadSubject(file, { env: io.env, cwd: io.cwd, now: nowOf(io), ...madeUpIfSaid(options) })
  if (read.ok) return read.subject
  for (const issue of read.loaded.issues) io.stderr(`${printIssue(issue)}\n`)
  if (read.loaded.unreadable) io.stderr(firstSteps(file, io))
  return null
}

async function withAnswers(subject: Subject, io: Io): Promise<Subject> {
  const providers = [...subject.gateway.providers.values()]
  return { ...subject, answers: await askProviders(providers, io.signal) }
}

/** False when the SARIF file could not be written, which is said. */
async function tell(file: string, result: LintResult, options: Options, io: Io): Promise<boolean> {
  const sarif = options.text('sarif')
  if (sarif === '-') {
    io.stdout(toSarif(result, readVersion()))
    return true
  }
  if (sarif !== null) {
    try {
      await writeFile(resolve(io.cwd, sarif), toSarif(result, readVersion()))
    } catch (error) {
      io.stderr(`claimgate lint: ${sarif} cannot be written: ${whyUnwritten(error)}\n`)
      return false
    }
  }
  io.stdout(options.flag('json') ? resultJson(file, result) : resultText(file, result))
  return true
}

function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(least)
}
