import { randomBytes } from 'node:crypto'
import { nowOf } from '../cli/clock.ts'
import type { Command, Io } from '../cli/command.ts'
import { failWith } from '../cli/failure.ts'
import { configFile, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import { sessionSpecs, sessionsUsage } from '../cli/session-help.ts'
import { printable, type SessionNaming, sessionJson, sessionTable, withNames } from '../cli/session-list.ts'
import {
  commandRecords,
  type Done,
  meantSessions,
  revokeSessions,
  sessionsOf,
} from '../cli/session-revocation.ts'
import {
  type MeantSessions,
  readSessionTask,
  type SessionTask,
  sessionOperands,
  type Whose,
} from '../cli/session-task.ts'
import { loadForStores, onStores } from '../cli/stores-of-command.ts'
import { type AnyFault, isFault, StoreFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import { sessionNames } from '../core/log-names.ts'
import type { SessionStore } from '../core/ports.ts'
import { isRevoked } from '../core/session/session.ts'
import { systemClock } from '../runtime/clock.ts'
import { type KeysOfPerson, keysOfPerson } from '../runtime/keys/persons-sleep.ts'
import { findLogKey } from '../runtime/log-key.ts'
import { contextOfCommand } from '../runtime/store-context.ts'
import { openStore } from '../store/open.ts'
import { countedKeys, ownerOf, sleepKeys, withoutSessions } from './keys-of-person.ts'
import { whyNoProvider, whyUnreachable } from './unreachable-sessions.ts'

export const command: Command = {
  name: 'sessions',
  summary: 'list or revoke sessions',
  usage: sessionsUsage,
  options: sessionSpecs,
  operands: sessionOperands,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const task = readSessionTask(read.options)
    if (typeof task === 'string') return refuseUsage(command, task, io)
    const gateway = loadForStores(configFile(read.options, io.env), io)
    if (gateway === null) return 2
    const unknown = whyNoProvider(gateway, task)
    if (unknown !== null) return fail(io, 2, unknown)
    const faults: unknown[] = []
    const means = {
      clock: systemClock,
      random: randomBytes,
      report: (thrown: unknown) => void faults.push(thrown),
    }
    const json = read.options.flag('json')
    const keys = isOfUser(task) && !task.keepKeys ? keysOfPerson(gateway, means) : null
    const unreachable = whyUnreachable(gateway)
    if (unreachable !== null) {
      const { exitCode, reason } = await withoutSessions({ gateway, io, json, keys }, task, unreachable)
      return fail(io, exitCode, reason)
    }
    return onStores('sessions', io, (opened) => {
      const store = opened(openStore(gateway.session, gateway.dataFolder, contextOfCommand(gateway, means)))
      const unconfirmed = () => faults.find(isUnconfirmed)?.message ?? null
      return work({ store, gateway, io, json, keys, shortId: namer(gateway), unconfirmed }, task)
    })
  },
}

function isUnconfirmed(thrown: unknown): thrown is AnyFault {
  return isFault(thrown) && thrown.code === 'STORE_UNCONFIRMED'
}

/** What a task is done with. */
interface Work extends SessionNaming {
  readonly store: SessionStore
  readonly io: Io
  readonly json: boolean
  /** That what was ended might come back by a failover, in words of the store; null: it cannot. */
  readonly unconfirmed: () => string | null
  /** Those of the person who is meant; null: they are left alone, or there are none. */
  readonly keys: KeysOfPerson | null
}

function isOfUser(task: SessionTask): task is Extract<SessionTask, { verb: 'revoke' }> {
  return task.verb === 'revoke' && task.which.kind === 'whose' && task.which.user !== null
}

async function work(context: Work, task: SessionTask): Promise<number> {
  switch (task.verb) {
    case 'list':
      return list(context, task.which)
    case 'revoke':
      return task.dryRun ? rehearse(context, task.which) : revoke(context, task.which)
  }
}

async function list(context: Work, whose: Whose): Promise<number> {
  const { store, gateway, io, json } = context
  const now = nowOf(io)
  const found = await sessionsOf(context, whose)
  const { revokedBefore } = gateway.session
  const living = found.filter((one) => one.expiresAt > now && !isRevoked(one, revokedBefore))
  const sessions = await withNames(store, living, gateway)
  if (json) io.stdout(`${JSON.stringify(sessions.map((one) => sessionJson(one, context)))}\n`)
  else if (sessions.length === 0) io.stdout('No sessions.\n')
  else io.stdout(sessionTable(sessions, context))
  return 0
}

async function rehearse(context: Work, which: MeantSessions): Promise<number> {
  const { store, gateway, io, json } = context
  const found = await meantSessions(context, which)
  if (typeof found === 'string') return fail(io, 1, found)
  const owner = ownerOf(context, which)
  const would_sleep = owner === null ? undefined : await context.keys?.awake(owner, nowOf(io))
  if (found.length === 0 && !would_sleep && !isEverybody(which)) return fail(io, 1, nobody(which))
  const sessions = await withNames(store, found, gateway)
  const would_revoke = sessions.length
  if (json) {
    const rows = sessions.map((one) => sessionJson(one, context))
    io.stdout(`${JSON.stringify({ would_revoke, would_sleep, sessions: rows })}\n`)
    return 0
  }
  const asleep = would_sleep ? `, and put ${countedKeys(would_sleep)} to sleep` : ''
  io.stdout(`Would revoke ${counted(would_revoke)}${asleep}; nothing was changed.\n`)
  if (would_revoke > 0) io.stdout(sessionTable(sessions, context))
  return 0
}

async function revoke(context: Work, which: MeantSessions): Promise<number> {
  const { io, json } = context
  const result = await revokeSessions(context, which)
  if (typeof result === 'string') return fail(io, 1, result)
  const { done, fault } = result
  const revoked = done.reduce((total, one) => total + one.revoked, 0)
  if (revoked === 0 && fault !== null) return fail(io, 1, fault.message)
  const slept = await sleepKeys(context, which)
  const keys = typeof slept === 'string' ? undefined : slept
  if (revoked === 0 && !keys && typeof slept !== 'string' && which.kind === 'whose' && !isEverybody(which))
    return fail(io, 1, nobody(which))
  const again = revoked === 0 ? '' : `${signInAgain}\n`
  const asleep = keys ? `Put ${countedKeys(keys)} to sleep.\n` : ''
  io.stdout(
    json
      ? `${JSON.stringify({ revoked, keys_asleep: keys })}\n`
      : `Revoked ${counted(revoked)}.\n${asleep}${again}`,
  )
  const wants = [
    fault === null ? null : `not all that were meant ended: ${fault.message}`,
    typeof slept === 'string' ? `keys of that person may be awake: ${slept}` : null,
    await leaveRecords(context, keys === undefined ? done : done.map((one) => ({ ...one, keys }))),
    context.unconfirmed(),
  ].filter((want) => want !== null)
  return wants.length === 0 ? 0 : fail(io, 1, wants.map((want) => `that is done, but ${want}`).join('\n'))
}

/** For the log of the gateway. Null: left; else what is wanting. */
async function leaveRecords({ store, io }: Work, done: readonly Done[]): Promise<string | null> {
  try {
    await store.commands.leave(commandRecords(done, nowOf(io)))
    return null
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return `no line of the log will say so: ${thrown.message}`
  }
}

const signInAgain = 'Whoever is still signed in at the provider can sign in here again at once.'

function counted(count: number): string {
  return count === 1 ? '1 session' : `${count} sessions`
}

/** That nobody was meant is what `--all` may come to; of everybody else it is said. */
function isEverybody(which: MeantSessions): boolean {
  return which.kind === 'whose' && which.user === null && which.claim === null && which.provider === null
}

function nobody(which: MeantSessions): string {
  const whose = which.kind === 'whose' ? whoseText(which) : ''
  return `no session of ${whose}; \`sessions list\` shows who is signed in`
}

function whoseText({ user, claim, provider }: Whose): string {
  if (user !== null) return printable(user)
  return claim === null ? `provider ${printable(provider ?? '')}` : `anybody with ${printable(claim.shown)}`
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

function fail(io: Io, exitCode: number, sentences: string): number {
  return failWith('sessions', io, exitCode, sentences)
}
