import { didYouMean } from '../cli/arguments.ts'
import { nowOf } from '../cli/clock.ts'
import type { Command, Io } from '../cli/command.ts'
import { loadOrReport } from '../cli/load.ts'
import { whoRuns } from '../cli/operator.ts'
import {
  configFile,
  configOptions,
  type OptionSpecs,
  type Options,
  optionsHelp,
  readOptions,
} from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import {
  findByPrefix,
  printable,
  providerOf,
  type SessionNaming,
  sessionJson,
  sessionTable,
  withNames,
} from '../cli/session-list.ts'
import { type CommandRecord, encodeCommandRecord } from '../core/command-record.ts'
import { isFault, StoreFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import { sessionNames } from '../core/log-names.ts'
import type { SessionStore } from '../core/ports.ts'
import type { ProviderId } from '../core/provider-id.ts'
import { findLogKey } from '../runtime/log-key.ts'
import { openStore } from '../store/open.ts'
import { hasSessionFile } from '../store/sqlite-file.ts'

const specs = {
  user: {
    type: 'string',
    value: 'USER',
    help: "of this user, as apps see the id (with the provider's prefix)",
  },
  provider: {
    type: 'string',
    value: 'NAME',
    help: 'of this provider alone; without it, of everyone whom some provider calls so',
  },
  all: { type: 'boolean', help: 'revokes every session' },
  ...configOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate sessions list [--user USER] [--provider NAME] [-c FILE] [--json]
       claimgate sessions revoke ID... | --user USER [--provider NAME] | --all [-c FILE] [--json]

Shows who is signed in, or signs people out: at once, while the gateway runs, which knows it within
a second and closes their WebSockets. It works on the embedded store in the data folder.

${optionsHelp(specs)}
An ID is what \`list\` and the log show; its beginning is enough when no other begins so. With several
IDs, all are revoked or, when one is not there, none.

Exit status: 0 done, 1 no such session, or the store cannot be used, 2 wrong usage or a
configuration with faults.
`

const verbs = ['list', 'revoke'] as const

/** What was asked for, once the usage is known to be right. */
type Task =
  | { readonly kind: 'list'; readonly user: string | null; readonly provider: string | null }
  | { readonly kind: 'revoke-ids'; readonly ids: readonly string[] }
  | { readonly kind: 'revoke-user'; readonly user: string; readonly provider: string | null }
  | { readonly kind: 'revoke-all' }

export const command: Command = {
  name: 'sessions',
  summary: 'list or revoke sessions',
  usage,
  options: specs,
  operands: { words: verbs },
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const task = readTask(read.options)
    if (typeof task === 'string') return refuseUsage(command, task, io)
    const loaded = loadOrReport(configFile(read.options, io.env), io, { madeUp: 'secrets-but-log' })
    if (loaded === null) return 2
    const { gateway } = loaded
    const { session, dataFolder } = gateway
    const named = 'provider' in task ? task.provider : null
    if (named !== null && !gateway.providers.has(named)) {
      const known = [...gateway.providers.keys()].join(', ')
      return fail(io, 2, `there is no provider ${printable(named)} in the configuration: it names ${known}`)
    }
    if (session.store.kind === 'memory') {
      return fail(
        io,
        2,
        'with `session.store: memory` the sessions are in the running gateway alone; restart it to end them all',
      )
    }
    if (!hasSessionFile(dataFolder)) {
      return fail(
        io,
        1,
        `there is no sessions.db in ${dataFolder}: has a gateway run with this configuration?`,
      )
    }
    return onStore(
      io,
      () => openStore(session, dataFolder),
      (store) => work({ store, gateway, io, json: read.options.flag('json'), shortId: namer(gateway) }, task),
    )
  },
}

/** The task, or what is wrong with how it was asked for. */
function readTask(options: Options): Task | string {
  const [verb, ...ids] = options.positionals
  const [user, provider, all] = [options.text('user'), options.text('provider'), options.flag('all')]
  switch (verb) {
    case 'list':
      if (all || ids.length > 0) return '`list` takes --user and --provider alone'
      return { kind: 'list', user, provider }
    case 'revoke':
      if ([ids.length > 0, user !== null, all].filter(Boolean).length !== 1) {
        return 'say what to revoke: IDs, --user or --all, one of them'
      }
      if (user !== null) return { kind: 'revoke-user', user, provider }
      if (provider !== null) return '--provider says more of a --user: whose sessions are meant?'
      return all ? { kind: 'revoke-all' } : { kind: 'revoke-ids', ids }
    case undefined:
      return 'say `list` or `revoke`'
    default:
      return `there is no \`sessions ${printable(verb)}\`${didYouMean(verb, verbs)}`
  }
}

async function onStore(
  io: Io,
  open: () => SessionStore,
  run: (store: SessionStore) => Promise<number>,
): Promise<number> {
  let store: SessionStore | undefined
  try {
    store = open()
    return await run(store)
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return fail(io, 1, thrown.message)
  } finally {
    await store?.close()
  }
}

/** What a task is done with. */
interface Work extends SessionNaming {
  readonly store: SessionStore
  readonly io: Io
  readonly json: boolean
}

async function work(context: Work, task: Task): Promise<number> {
  const { store, gateway, io } = context
  switch (task.kind) {
    case 'list':
      return list(context, task.user, task.provider)
    case 'revoke-ids':
      return revokeIds(context, task.ids)
    case 'revoke-user': {
      const { user } = task
      const count = await store.revoke({ by: 'user', user, ...idOf(gateway, task.provider) })
      if (count === 0)
        return fail(io, 1, `no session of ${printable(task.user)}; \`sessions list\` shows who is signed in`)
      return told(context, count, [{ which: 'user', user, provider: task.provider, revoked: count }])
    }
    case 'revoke-all': {
      const count = await store.revoke({ by: 'all' })
      return told(context, count, [{ which: 'all', revoked: count }])
    }
  }
}

async function list(
  { store, gateway, shortId, io, json }: Work,
  user: string | null,
  provider: string | null,
): Promise<number> {
  const now = nowOf(io)
  const all = await store.list({ ...(user === null ? {} : { user }), ...idOf(gateway, provider) })
  const living = all.filter(({ expiresAt }) => expiresAt > now)
  const sessions = await withNames(store, living, gateway)
  if (json) io.stdout(`${JSON.stringify(sessions.map((one) => sessionJson(one, { gateway, shortId })))}\n`)
  else if (sessions.length === 0) io.stdout('No sessions.\n')
  else io.stdout(sessionTable(sessions, { gateway, shortId }))
  return 0
}

/** Sessions know who their provider is; what it is called, the configuration of today says. */
function idOf(gateway: Gateway, name: string | null): { readonly provider?: ProviderId } {
  const provider = gateway.providers.get(name ?? '')
  return provider === undefined ? {} : { provider }
}

/** All of them or none: whoever asks for three people to be signed out should not have to find out who was. */
async function revokeIds(context: Work, ids: readonly string[]): Promise<number> {
  const { store, io, gateway, shortId } = context
  const sessions = await store.list({})
  const found = ids.map((id) => findByPrefix(sessions, id, { shortId }))
  const faults = found.filter((one) => typeof one === 'string')
  if (faults.length > 0) return fail(io, 1, faults.join('\n'))
  const meant = new Map(found.flatMap((one) => (typeof one === 'string' ? [] : [[one.key, one] as const])))
  const done: Done[] = []
  for (const [key, one] of meant) {
    if ((await store.revoke({ by: 'key', key })) === 0) continue
    const provider = providerOf(gateway, one)?.name ?? null
    done.push({ which: 'id', session: key, user: one.user, provider, revoked: 1 })
  }
  return told(context, done.length, done)
}

/** What a record says of a revocation beside who did it, and when. */
type Done = Pick<CommandRecord, 'which' | 'revoked'> & Partial<CommandRecord>

/** For the log of the gateway, which takes it from the store. */
async function leaveRecords({ store, io }: Work, done: readonly Done[]): Promise<void> {
  const by = { event: 'sessions.revoked', at: nowOf(io), ...whoRuns() } as const
  const nobody = { user: null, provider: null, session: null }
  await store.commands.leave(done.map((one) => encodeCommandRecord({ ...by, ...nobody, ...one })))
}

/** As the log names sessions. The key is looked for when a name is asked for: who ends all sessions needs none. */
function namer(gateway: Gateway): SessionNaming['shortId'] {
  let nameOf: SessionNaming['shortId'] | undefined
  return (session) => {
    nameOf ??= sessionNames(logKeyOf(gateway))
    return nameOf(session)
  }
}

function logKeyOf(gateway: Gateway): string {
  const key = findLogKey(gateway)
  if (key !== null) return key
  const found = `there is no log.subject_key in ${gateway.dataFolder}`
  throw new StoreFault('STORE_UNAVAILABLE', `${found}: the gateway makes it when it starts`)
}

async function told(context: Work, count: number, done: readonly Done[]): Promise<number> {
  const { io, json } = context
  const sentence = count === 1 ? 'Revoked 1 session.' : `Revoked ${count} sessions.`
  io.stdout(json ? `${JSON.stringify({ revoked: count })}\n` : `${sentence}\n`)
  try {
    await leaveRecords(context, done)
    return 0
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return fail(io, 1, `that is done, but no line of the log will say so: ${thrown.message}`)
  }
}

function fail(io: Io, exitCode: number, sentence: string): number {
  io.stderr(`claimgate sessions: ${sentence}\n`)
  return exitCode
}
