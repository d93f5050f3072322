import type { Command, Io } from '../cli/command.ts'
import { loadRules, loadToAsk } from '../cli/load.ts'
import { isUnreadable, linesOf } from '../cli/log-lines.ts'
import {
  configOption,
  jsonBelow,
  madeUpSecretsOption,
  type OptionSpecs,
  type Options,
  optionsHelp,
  readOptions,
} from '../cli/options.ts'
import { readText, toClaims } from '../cli/person.ts'
import { refuseUsage } from '../cli/program.ts'
import { countedOf, openProgress } from '../cli/progress.ts'
import { isObject, parseJson } from '../core/json.ts'
import type { Claims } from '../core/rules/claims.ts'
import { showOwn } from '../core/show.ts'
import { summaryJson } from '../rehearsal/replay/json.ts'
import type { ReplaySetup } from '../rehearsal/replay/outcome.ts'
import { replayLog } from '../rehearsal/replay/replay.ts'
import { isOtherwise, type ReplaySummary } from '../rehearsal/replay/summary.ts'
import { summaryText } from '../rehearsal/replay/text.ts'

const specs = {
  log: { type: 'string', value: 'FILE', help: 'JSON lines of the gateway; - is the standard input' },
  old: { type: 'string', value: 'OLD', help: 'the configuration under which the log was written' },
  'claims-of': {
    type: 'string',
    value: 'FILE',
    help: 'a JSON object from the subject of the log to claims. A subject is a keyed hash unless log.subject is plain',
  },
  'expect-none': { type: 'boolean', help: 'status 1 when a request is known to end otherwise' },
  ...madeUpSecretsOption,
  config: {
    ...configOption.config,
    value: 'NEW',
    help: 'the rules to try (default: CLAIMGATE_CONFIG, else claimgate.yaml)',
  },
  ...jsonBelow,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate replay --log FILE|- [-c NEW] [--old OLD] [--claims-of FILE] [options]

Asks the requests of a log again, under other rules: which would be refused that were let in, and the other way round.
Nothing is sent. A log holds no claims, queries or headers. So requests of people who were not signed in are judged
in full; of the others what follows for anybody's claims, what follows from the rules that wrote the log (--old), and
everything for those whose claims are given (--claims-of). What cannot be told is counted as that, never guessed.

${optionsHelp(specs)}
Exit status: 0 replayed, 1 a request ends otherwise and --expect-none was given, 2 wrong usage, or a file that
cannot be read or has faults.

JSON: {requests, left_out, other_lines, places: [{place, same, now-refused, now-let-in,
answered-otherwise, cannot-be-told}], untold: {claims, asker}, examples: [{request_id, method, host, path,
subject, provider, credential, key, before: {decision, reason}, kind, place, after: null or {decision, reason}}]}.
`

export const command: Command = {
  name: 'replay',
  summary: 'ask the requests of a log again, under other rules',
  usage,
  options: specs,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const { options } = read
    const log = options.text('log')
    if (log === null) {
      return refuseUsage(command, 'which log? Say --log FILE, or --log - for the standard input', io)
    }
    const setup = await prepare(options, io)
    if (setup === null) return 2
    const summary = await summaryOf(log, setup, io)
    if (summary === null) return refuse(io, `${log} cannot be read`)
    io.stdout(
      options.flag('json')
        ? `${JSON.stringify(summaryJson(summary), null, 2)}\n`
        : summaryText(summary, setup.claims.size > 0),
    )
    return options.flag('expect-none') && isOtherwise(summary) ? 1 : 0
  },
}

function refuse(io: Io, message: string): number {
  io.stderr(`claimgate replay: ${message}\n`)
  return 2
}

async function prepare(options: Options, io: Io): Promise<ReplaySetup | null> {
  const oldFile = options.text('old')
  const now = loadToAsk(options, io)
  const old = oldFile === null ? null : loadRules(oldFile, options, io)
  const claims = await readClaimsOf(options.text('claims-of'), io)
  if (now === null || claims === null || (oldFile !== null && old === null)) return null
  return { now, old, claims }
}

async function readClaimsOf(file: string | null, io: Io): Promise<ReadonlyMap<string, Claims> | null> {
  if (file === null) return new Map()
  const text = await readText(file, io)
  if (!text.ok) return refuseClaims(io, text.reason)
  const value = parseJson(text.value)
  if (value === null) return refuseClaims(io, `${file} holds no JSON`)
  const claims = new Map<string, Claims>()
  for (const [subject, of] of isObject(value) ? Object.entries(value) : [['', null] as const]) {
    if (!isObject(of)) {
      const example = `{"the log's subject": {"groups": ["admins"]}}`
      return refuseClaims(io, `${file} is no object of claims: ${example}`)
    }
    const read = toClaims(of, `${file}: ${showOwn(subject)}`)
    if (!read.ok) return refuseClaims(io, read.reason)
    claims.set(subject, read.value)
  }
  return claims
}

function refuseClaims(io: Io, message: string): null {
  refuse(io, message)
  return null
}

async function summaryOf(log: string, setup: ReplaySetup, io: Io): Promise<ReplaySummary | null> {
  const progress = openProgress((...at) => `replay: ${countedOf(...at, 'lines')}`, io)
  try {
    return await replayLog(linesOf(log, io), setup, progress.step)
  } catch (thrown) {
    if (isUnreadable(thrown)) return null
    throw thrown
  } finally {
    progress.end()
  }
}
