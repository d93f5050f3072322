import { basename, dirname, resolve } from 'node:path'
import type { Command, Io } from '../cli/command.ts'
import { type OptionSpecs, type Options, optionsHelp, readOptions } from '../cli/options.ts'
import { commandLine, refuseUsage } from '../cli/program.ts'
import { countedOf, openProgress } from '../cli/progress.ts'
import { writeAll } from '../cli/written-files.ts'
import { decodeUtf8, readFromDisk } from '../config/files.ts'
import type { Gateway } from '../core/gateway.ts'
import { convertApache } from '../migration/apache/apache.ts'
import { readEnvironment } from '../migration/apache/reading/environment.ts'
import { type ApacheFile, listFromDisk } from '../migration/apache/reading/read.ts'
import { newest, readVersion, type Version } from '../migration/apache/versions.ts'
import { type Conversion, guessSource, type Source, sources } from '../migration/conversion.ts'
import { foreignProgram } from '../migration/foreign.ts'
import { convertOauth2Proxy } from '../migration/oauth2-proxy/convert.ts'
import { holds, type Proof } from '../migration/proof/prove.ts'
import { proofJson, proofText } from '../migration/proof/report.ts'
import { reportJson, reportText } from '../migration/report.ts'
import type { SampleCaller } from '../rehearsal/sample-callers.ts'
import { firstTestsFor, firstTestsText } from '../rehearsal/test/first-tests.ts'

const specs = {
  output: {
    type: 'string',
    short: 'o',
    value: 'FILE',
    help: 'the file to write, and beside it NAME.test.yaml with tests of each location (default: standard output, and the report to standard error)',
  },
  report: { type: 'string', value: 'FILE', help: 'where the report goes' },
  from: {
    type: 'string',
    value: 'SOURCE',
    choices: sources,
    help: 'apache or oauth2-proxy (default: seen from the content)',
  },
  version: {
    type: 'string',
    value: 'X.Y.Z',
    help: `the release of mod_auth_openidc it was written for, as defaults changed (default ${newest.join('.')})`,
  },
  define: {
    type: 'string',
    short: 'D',
    value: 'NAMES',
    help: 'what httpd was started with by -D, as NAME or NAME=value, with commas between',
  },
  env: {
    type: 'string',
    value: 'FILE',
    help: '(apache) what a variable ($NAME in braces) stands for: lines of NAME=value, such as /etc/apache2/envvars or what `env` prints; "-" is the standard input. Secrets stay variables',
  },
  prove: {
    type: 'boolean',
    help: '(apache) asks a model of httpd and the result about the same requests, and lists what they answer differently: each with the finding that announced it, or as UNANNOUNCED',
  },
  force: { type: 'boolean', help: 'overwrites files that are there' },
  json: { type: 'boolean', help: 'result, tests, report and proof as one JSON text on standard output' },
} as const satisfies OptionSpecs

const usage = `Usage: claimgate convert FILE... [-o FILE] [--report FILE] [--prove]

Makes a configuration of one of Apache httpd with mod_auth_openidc, or of oauth2-proxy, and a report: what was kept,
what means something else here and why, what a person has to decide. "-" is the standard input. Nothing is contacted,
and no secret is copied: the result asks its environment for them. Of httpd, included files are read. Of oauth2-proxy,
name all of it together: configuration file, alpha configuration, a file with its command line, its environment.

${optionsHelp(specs)}
Then: claimgate check -c FILE, and claimgate test -c FILE

Exit status: 0 when everything was converted; 1 when a person has to look at something (Not convertible), or at an
unannounced difference, or when --prove could judge nothing; 2 for wrong usage, an unreadable file, or one with syntax errors.
`

export const command: Command = {
  name: 'convert',
  summary: 'make a configuration of one of Apache httpd or oauth2-proxy',
  usage,
  options: specs,
  operands: { files: true },
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const order = readOrder(read.options)
    if (typeof order === 'string') return refuseUsage(command, order, io)
    const files = await readFiles(read.options.positionals, io)
    if (files === null) return 2
    const given = order.environment === null ? [] : await readFiles([order.environment], io)
    if (given === null) return 2
    const environment = readEnvironment(given[0]?.text ?? '')
    const conversion = convertBy(order, files, environment, io)
    if (conversion === null) return 2
    if (!conversion.ok) {
      for (const { at, message } of conversion.faults) {
        io.stderr(`${at.file}:${at.line}:${at.column} ${message}\n`)
      }
      return 2
    }
    return tell(conversion, order, io)
  },
}

interface Order {
  readonly source: Source | null
  readonly version: Version
  readonly defined: readonly string[]
  readonly environment: string | null
  readonly output: string | null
  readonly report: string | null
  readonly prove: boolean
  readonly force: boolean
  readonly json: boolean
}

/** A sentence when the arguments are wrong. */
function readOrder(given: Options): Order | string {
  if (given.positionals.length === 0) return 'name the file to convert'
  const version = readVersion(given.text('version') ?? newest.join('.'))
  if (version === null) return '--version is that of mod_auth_openidc, such as 2.4.12.3'
  const from = given.text('from')
  const source = sources.find((name) => name === from) ?? null
  return {
    source,
    version,
    defined: (given.text('define') ?? '').split(',').filter((name) => name !== ''),
    environment: given.text('env'),
    output: given.text('output'),
    report: given.text('report'),
    prove: given.flag('prove'),
    force: given.flag('force'),
    json: given.flag('json'),
  }
}

/** Null when one cannot be read, which is said. */
async function readFiles(names: readonly string[], io: Io): Promise<readonly ApacheFile[] | null> {
  const files: ApacheFile[] = []
  for (const name of names) {
    if (name === '-') {
      files.push({ name: 'stdin', text: await io.stdin() })
      continue
    }
    const read = readFromDisk(resolve(io.cwd, name))
    // Comments in Latin-1 are common in old configurations, and nothing else depends on it.
    const text = read.ok ? (decodeUtf8(read.bytes) ?? Buffer.from(read.bytes).toString('latin1')) : null
    if (text === null) {
      io.stderr(`${name}: the file cannot be read: ${read.ok ? '' : read.reason}\n`)
      return null
    }
    files.push({ name, text })
  }
  return files
}

/** Null when the source cannot be converted, which is said. */
function convertBy(
  order: Order,
  files: readonly ApacheFile[],
  environment: ReadonlyMap<string, string>,
  io: Io,
): Conversion | null {
  const foreign = files.find(({ text }) => order.source === null && foreignProgram(text) !== null)
  if (foreign !== undefined) {
    const program = foreignProgram(foreign.text)
    io.stderr(
      `claimgate convert: ${foreign.name} is a configuration of ${program}, which is not converted: only those of Apache httpd with mod_auth_openidc and of oauth2-proxy are.\n`,
    )
    return null
  }
  const source = order.source ?? guessSource(files.map(({ text }) => text).join('\n'))
  switch (source) {
    case 'apache':
      return convertApache({
        files,
        folder: resolve(io.cwd, dirname(files[0]?.name ?? '.')),
        readFile: readFromDisk,
        listFiles: listFromDisk,
        version: order.version,
        defined: order.defined,
        environment,
      })
    case 'oauth2-proxy':
      if (order.environment !== null) {
        io.stderr('claimgate convert: --env is for Apache alone: name the environment among the files.\n')
        return null
      }
      if (order.prove) {
        io.stderr(
          'claimgate convert: --prove is for Apache alone: there is no model of oauth2-proxy to ask.\n',
        )
        return null
      }
      return convertOauth2Proxy({
        files,
        folder: resolve(io.cwd, dirname(files[0]?.name ?? '.')),
        readFile: readFromDisk,
      })
  }
}

type Converted = Extract<Conversion, { ok: true }>

async function tell(conversion: Converted, order: Order, io: Io): Promise<number> {
  const { gateway, prove } = conversion
  const progress = openProgress((...at) => `convert --prove: ${countedOf(...at, 'paths')}`, io)
  const proof = order.prove && gateway !== null && prove !== null ? prove(gateway, progress.step) : null
  progress.end()
  const exitCode = needsPerson(conversion, proof) || (order.prove && proof === null) ? 1 : 0
  const said = `${reportText(conversion)}${proofPart(order, proof)}`
  const ofSource = gateway === null ? null : (conversion.tests?.(gateway) ?? null)
  const tests = ofSource ?? testsOf(gateway, order)
  if (order.json) {
    const parts = { yaml: conversion.yaml, tests, ...reportJson(conversion) }
    const report = { ...parts, proof: proof && proofJson(proof) }
    io.stdout(`${JSON.stringify(report, null, 2)}\n`)
  }
  const testsFile = testsName(order.output)
  const isTested = testsFile !== null && tests !== null
  const wanted = [
    { file: order.output, text: conversion.yaml },
    { file: testsFile, text: tests },
    { file: order.report, text: said },
  ]
  if (!(await writeAll(wanted, order.force, io))) return 2
  if (order.json) return exitCode
  if (order.output === null) io.stdout(conversion.yaml)
  if (order.report === null) (order.output === null ? io.stderr : io.stdout)(said)
  if (order.output !== null) {
    const check = commandLine(io, 'check', '-c', order.output)
    const test = commandLine(io, 'test', '-c', order.output)
    io.stdout(
      isTested
        ? `${order.output} and ${testsFile} are written. Then: ${check}, and ${test}\n`
        : `${order.output} is written. Then: ${check}\n`,
    )
  }
  return exitCode
}

/** Tests of the result, to be read by a person; null while it does not load. */
function testsOf(gateway: Gateway | null, { output }: Order): string | null {
  if (gateway === null) return null
  const name = basename(output ?? 'claimgate.yaml')
  // What stands in for values that are not here is nobody's claim.
  const isUsable = (caller: SampleCaller): boolean => !/"set-[a-z0-9-]+"/.test(JSON.stringify(caller))
  return firstTestsText(firstTestsFor(gateway, isUsable), name)
}

/** `claimgate.test.yaml` belongs to `claimgate.yaml`. */
function testsName(output: string | null): string | null {
  return output === null ? null : `${output.replace(/\.ya?ml$/, '')}.test.yaml`
}

function proofPart({ prove }: Order, proof: Proof | null): string {
  if (!prove) return ''
  return proof === null
    ? '\nProof: the result does not load until the places above are filled in, so it cannot be asked.\n'
    : `\n${proofText(proof)}`
}

function needsPerson({ findings }: Converted, proof: Proof | null): boolean {
  const open = findings.some(({ kind }) => kind === 'not-convertible')
  return open || (proof !== null && !holds(proof))
}
