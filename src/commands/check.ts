import { askingAgainOf, askingAgainText } from '../cli/asking-again.ts'
import { assertedAppsOf, assertedAppsText } from '../cli/asserted-apps.ts'
import { nowOf } from '../cli/clock.ts'
import type { Command, Io } from '../cli/command.ts'
import { firstSteps, madeUpIfSaid } from '../cli/load.ts'
import {
  configFile,
  configOptions,
  madeUpSecretsOption,
  type OptionSpecs,
  optionsHelp,
  readOptions,
} from '../cli/options.ts'
import { commandLine } from '../cli/program.ts'
import { printable } from '../cli/session-list.ts'
import { signedAppsOf, signedAppsText } from '../cli/signed-apps.ts'
import type { FilesDigest } from '../config/digest.ts'
import { type Issue, printIssue, toIssueJson } from '../config/issue.ts'
import type { LoadedGateway } from '../config/load.ts'
import { registrationsOf, tokenProvidersOf } from '../config/registration.ts'
import { registrationText, tokenProvidersText } from '../config/registration-text.ts'
import type { Gateway, Shadow } from '../core/gateway.ts'
import { type Finding, isInCheck, lint } from '../lint/lint.ts'
import {
  countedFindings,
  countsBySeverity,
  findingText,
  ignoredText,
  toFindingJson,
} from '../lint/report/report.ts'
import { loadSubject, type ReadSubject } from '../lint/subject.ts'
import { workerCount } from '../runtime/worker-count.ts'

const specs = {
  digest: {
    type: 'boolean',
    help: 'prints the digest of the files that decide who gets in, as the log has it, and those files',
  },
  ...madeUpSecretsOption,
  ...configOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate check [-c FILE] [--digest] [--made-up-secrets] [--json]

Reads a configuration and shows every fault with its place; when there is none,
lines that read well and mean nothing, what to register at each provider, and
in one line what \`lint\` would say. Nothing is contacted.

With --digest it prints in place of that the digest that \`gateway.started\` and \`config.loaded\` say of these files,
and a line for each file: its SHA-256, what it is, and its name as it stands in the configuration. Secrets,
certificates and variables are no part of it.

${optionsHelp(specs)}
Exit status: 0 without faults, 1 with faults, 2 when the file cannot be read.
What lint finds never fails it.
`

export const command: Command = {
  name: 'check',
  summary: 'find every fault of a configuration',
  usage,
  options: specs,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const file = configFile(read.options, io.env)
    const around = { env: io.env, cwd: io.cwd, now: nowOf(io), ...madeUpIfSaid(read.options) }
    const found = loadSubject(file, around)
    if (read.options.flag('json')) io.stdout(toJson(found))
    else if (!found.ok) printFaults(found.loaded, file, io)
    else if (read.options.flag('digest')) return printDigest(found.loaded.digest, io)
    else print(found, read.options.flag('made-up-secrets'), io)
    return exitCodeOf(found.loaded)
  },
}

type Faultless = Extract<ReadSubject, { ok: true }>
type Faulty = Extract<LoadedGateway, { ok: false }>

/** Of files that are all here; else it would be no file's that ever served. */
function printDigest({ digest, files }: FilesDigest, io: Io): number {
  const missing = files.filter(({ sha256 }) => sha256 === null)
  for (const { name } of missing)
    io.stderr(`claimgate check: there is no digest without the file ${JSON.stringify(name)}\n`)
  if (missing.length > 0) return 1
  io.stdout(`${digest}\n`)
  for (const { as, name, sha256 } of files) io.stdout(`${`${sha256}  ${as} ${printable(name)}`.trimEnd()}\n`)
  return 0
}

function exitCodeOf(loaded: LoadedGateway): number {
  if (loaded.ok) return 0
  return loaded.unreadable ? 2 : 1
}

function printFaults({ issues, unreadable }: Faulty, file: string, io: Io): void {
  const say = unreadable ? io.stderr : io.stdout
  for (const issue of issues) say(`${printIssue(issue)}\n`)
  if (unreadable) io.stderr(firstSteps(file, io))
  else io.stdout(`\n${counted(issues.length, 'fault')}\n`)
}

function print({ subject, loaded }: Faultless, isMadeUp: boolean, io: Io): void {
  const { gateway, warnings } = loaded
  const { findings, ignored } = lint(subject)
  const own = findings.filter(isInCheck)
  const verdict = own.length === 0 ? 'is fine' : 'has no faults'
  io.stdout(`${subject.file} ${verdict}: ${summaryOf(gateway)}\n`)
  io.stdout(workersText(gateway))
  io.stdout(askingAgainText(askingAgainOf(gateway)))
  io.stdout(signedAppsText(signedAppsOf(gateway)))
  io.stdout(assertedAppsText(assertedAppsOf(gateway)))
  if (isMadeUp) io.stdout(madeUp)
  if (own.length > 0) io.stdout(meaningless(own))
  if (gateway.shadow !== null) io.stdout(`\n${rehearsalText(gateway.shadow)}`)
  printWarnings(warnings, io)
  const told = [registrationText(registrationsOf(gateway)), tokenProvidersText(tokenProvidersOf(gateway))]
  for (const text of told.filter((one) => one !== '')) io.stdout(`\n${text}`)
  if ([...gateway.hosts.values()].some(({ redirectUris }) => redirectUris.length > 1)) io.stdout(oneForEach)
  io.stdout(lintLine(findings, ignored.length, io))
}

/** A client id may be a variable too, and is printed to be registered. */
const madeUp = 'made up: the text of whatever variable or file is missing, also where one is printed here\n'

/** Shown before all else: the file starts, and a line of it is worth nothing. */
function meaningless(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => `  ${findingText(finding)}\n`)
  return `\nprobably not meant: ${counted(findings.length, 'line')}\n${rows.join('')}`
}

/** What `lint` would say of the rest, in one line, and how much comments keep it from saying. */
function lintLine(findings: readonly Finding[], ignored: number, io: Io): string {
  const rest = findings.filter((finding) => !isInCheck(finding))
  const line = commandLine(io, 'lint', ...(findings[0] === undefined ? [] : ['-c', findings[0].file]))
  const excused = ignoredText(ignored)
  if (rest.length === 0) return `\nlint: nothing ${findings.length === 0 ? 'found' : 'more'}${excused}\n`
  const more = findings.length === rest.length ? '' : ' more'
  return `\nlint: ${countedFindings(rest)}${more}${excused} (\`${line}\`)\n`
}

const oneForEach = `
An app that accepts several providers has a redirect URI for each, so that nobody brings the answer of one to another:
register them before the gateway starts with this file, also where all had one until now. \`redirect_uri\` keeps one.
`

/** What a second file would change, `claimgate diff` tells. */
function rehearsalText({ file, rehearsed }: Shadow): string {
  if (file !== null) return `the rules of ${file} are rehearsed, not enforced\n`
  const locations = rehearsed.map(({ app, location }) => `  ${app} ${location.label}\n`)
  return `rehearsed, not enforced: ${counted(rehearsed.length, 'location')}\n${locations.join('')}`
}

function rehearsalJson({ file, rehearsed }: Shadow) {
  return { file, rehearsed: rehearsed.map(({ app, location }) => ({ app, location: location.label })) }
}

function printWarnings(warnings: readonly Issue[], io: Io): void {
  if (warnings.length === 0) return
  io.stdout(`\n${counted(warnings.length, 'warning')}\n`)
  for (const warning of warnings) io.stdout(`  ${printIssue(warning)}\n`)
}

function summaryOf(gateway: Gateway): string {
  const { apps, locations, providers } = countsOf(gateway)
  return [counted(apps, 'app'), counted(locations, 'location'), counted(providers, 'provider')].join(', ')
}

/** Nothing for a gateway that is one process by its file. What `auto` is depends on the machine. */
function workersText(gateway: Gateway): string {
  const { workers } = gateway
  if (workers === 1) return ''
  const count = workerCount(gateway)
  return workers === 'auto'
    ? `workers: auto is ${count} here, one for each core that this process may use\n`
    : `workers: ${counted(count, 'process')}\n`
}

function countsOf({ apps, providers }: Gateway) {
  const locations = apps.reduce((sum, app) => sum + app.allLocations.length, 0)
  return { apps: apps.length, locations, providers: providers.size }
}

function counted(count: number, noun: string): string {
  const plural = noun.endsWith('s') ? 'es' : 's'
  return `${count} ${noun}${count === 1 ? '' : plural}`
}

function toJson(found: ReadSubject): string {
  const warnings = found.loaded.warnings.map(toIssueJson)
  if (!found.ok) return asJson({ ok: false, faults: found.loaded.issues.map(toIssueJson), warnings })
  const { gateway } = found.loaded
  const { shadow } = gateway
  const { findings } = lint(found.subject)
  return asJson({
    ok: true,
    ...countsOf(gateway),
    workers: workerCount(gateway),
    ...askingAgainOf(gateway),
    signed: signedAppsOf(gateway),
    assertions: assertedAppsOf(gateway),
    ...(shadow === null ? {} : { shadow: rehearsalJson(shadow) }),
    ...found.loaded.digest,
    warnings,
    findings: findings.filter(isInCheck).map(toFindingJson),
    lint: countsBySeverity(findings),
    register: registrationsOf(gateway),
  })
}

function asJson(answer: object): string {
  return `${JSON.stringify(answer, null, 2)}\n`
}
