import type { Command, Io } from '../cli/command.ts'
import { failWith } from '../cli/failure.ts'
import { loadOrReport } from '../cli/load.ts'
import { configFile, configOptions, type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import { printable } from '../cli/session-list.ts'
import { isFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import { subjectHash } from '../core/log-names.ts'
import { findLogKey } from '../runtime/log-key.ts'

const specs = {
  provider: {
    type: 'string',
    value: 'NAME',
    help: 'USER is the id as this provider says it: its user_id_prefix is put in front',
  },
  ...configOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate subject USER [--provider NAME] [-c FILE] [--json]

Prints by what name the log calls a person: the \`subject\` of its lines. Without --provider USER is
the id as apps see it, with the provider's prefix. It asks nobody, and does not know whether there
is such a person. Run it as the gateway's user, where the gateway's data folder is, or with
\`log.subject_key\` in the configuration.

${optionsHelp(specs)}
Exit status: 0 printed, 1 there is no such name (\`log.subject: off\`), or its key is not here,
2 wrong usage or a configuration with faults.

JSON: {user, subject, form: hash | plain}.
`

export const command: Command = {
  name: 'subject',
  summary: 'by what name the log calls a person',
  usage,
  options: specs,
  operands: { words: [] },
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const [id, ...more] = read.options.positionals
    if (id === undefined || id === '' || more.length > 0)
      return refuseUsage(command, 'one user id is asked for.', io)
    const gateway = load(configFile(read.options, io.env), io)
    if (gateway === null) return 2
    const user = userOf(gateway, id, read.options.text('provider'))
    if (!user.ok) return fail(io, 2, user.reason)
    try {
      return tell(io, gateway, user.user, read.options.flag('json'))
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown
      return fail(io, 1, thrown.message)
    }
  },
}

/** Without the secrets that the name does not hang on. */
function load(file: string, io: Io): Gateway | null {
  const gateway = loadOrReport(file, io, { madeUp: 'secrets-but-log' })?.gateway ?? null
  if (gateway === null || gateway.session.store.kind === 'sqlite' || gateway.log.subjectKey !== null)
    return gateway
  return loadOrReport(file, io, { madeUp: 'secrets-of-others' })?.gateway ?? null
}

type User = { readonly ok: true; readonly user: string } | { readonly ok: false; readonly reason: string }

/** The id as sessions bear it. */
function userOf({ providers }: Gateway, id: string, name: string | null): User {
  if (name === null) return { ok: true, user: id }
  const provider = providers.get(name)
  if (provider === undefined) {
    const known = [...providers.keys()].join(', ')
    return {
      ok: false,
      reason: `there is no provider ${printable(name)} in the configuration: it names ${known}`,
    }
  }
  const { userIdPrefix } = provider
  if (userIdPrefix !== '' && id.startsWith(userIdPrefix)) {
    const reason = `${printable(id)} begins with the prefix of ${name} already: leave --provider out`
    return { ok: false, reason }
  }
  return { ok: true, user: userIdPrefix + id }
}

function tell(io: Io, gateway: Gateway, user: string, json: boolean): number {
  const form = gateway.log.subject
  if (form === 'off') return fail(io, 1, 'no line names anybody: the configuration says `log.subject: off`')
  const key = form === 'plain' ? '' : findLogKey(gateway)
  if (key === null) return fail(io, 1, noKey(gateway))
  const subject = form === 'plain' ? user : subjectHash(key, user)
  io.stdout(json ? `${JSON.stringify({ user, subject, form })}\n` : `${printable(subject)}\n`)
  return 0
}

function noKey({ session, dataFolder }: Gateway): string {
  return session.store.kind !== 'sqlite'
    ? 'the key is in the running gateway alone: write `log.subject_key` into the configuration'
    : `there is no log.subject_key in ${dataFolder}: has a gateway run with this configuration?`
}

function fail(io: Io, exitCode: number, sentence: string): number {
  return failWith('subject', io, exitCode, sentence)
}
