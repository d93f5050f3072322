import { nowOf } from '../cli/clock.ts'
import type { Io } from '../cli/command.ts'
import { idOf } from '../cli/session-revocation.ts'
import type { MeantSessions, SessionTask } from '../cli/session-task.ts'
import { isFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import type { SleepingPerson } from '../core/keys/key-store.ts'
import type { KeysOfPerson } from '../runtime/keys/persons-sleep.ts'
import type { Unreachable } from './unreachable-sessions.ts'

/** What the keys of a person are looked for with. */
interface Work {
  readonly gateway: Gateway
  readonly io: Io
  readonly json: boolean
  /** Null: they are left alone, or there are none. */
  readonly keys: KeysOfPerson | null
}

/** No command reaches the sessions: what a revocation does beside them is done all the same. What is to be said then. */
export async function withoutSessions(
  context: Work,
  task: SessionTask,
  unreachable: Unreachable,
): Promise<Unreachable> {
  if (task.verb === 'list') return unreachable
  const { io, json } = context
  const { exitCode, reason } = unreachable
  const count = await (task.dryRun ? awakeKeys : sleepKeys)(context, task.which)
  if (typeof count === 'string')
    return { exitCode, reason: `${reason}\nkeys of that person may be awake: ${count}` }
  if (count === undefined || count === 0) return unreachable
  if (task.dryRun) {
    const found = { would_revoke: 0, would_sleep: count, sessions: [] }
    const text = `Would put ${countedKeys(count)} to sleep; nothing was changed.`
    io.stdout(`${json ? JSON.stringify(found) : text}\n`)
    return unreachable
  }
  const done = { revoked: 0, keys_asleep: count }
  io.stdout(`${json ? JSON.stringify(done) : `Put ${countedKeys(count)} to sleep.`}\n`)
  return { exitCode: 1, reason: `that is done, but ${reason}; a session that goes on may wake them again` }
}

/** How many; undefined: keys are left alone; a text: why nobody can tell. */
async function awakeKeys(
  context: Omit<Work, 'json'>,
  which: MeantSessions,
): Promise<number | string | undefined> {
  const owner = ownerOf(context, which)
  return owner === null ? undefined : orReason(async () => context.keys?.awake(owner, nowOf(context.io)))
}

/** Whose keys go with the sessions. */
export function ownerOf({ gateway }: Pick<Work, 'gateway'>, which: MeantSessions): SleepingPerson | null {
  if (which.kind !== 'whose' || which.user === null) return null
  return { user: which.user, ...idOf(gateway, which.provider) }
}

/** After the sessions, which would wake them. How many; undefined: keys are left alone; a text: why it failed. */
export async function sleepKeys(
  context: Omit<Work, 'json'>,
  which: MeantSessions,
): Promise<number | string | undefined> {
  const owner = ownerOf(context, which)
  return owner === null ? undefined : orReason(async () => context.keys?.sleep(owner, nowOf(context.io)))
}

async function orReason<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return thrown.message
  }
}

export function countedKeys(count: number): string {
  return count === 1 ? '1 API key' : `${count} API keys`
}
