import type { Awaitable, SessionStore, StoredSession } from '../../core/ports.ts'
import { isSameProvider } from '../../core/provider-id.ts'
import type { Session, SessionKey } from '../../core/session/session.ts'
import type { RedisSettings } from '../../core/session-store-settings.ts'
import type { StoreContext } from '../context.ts'
import { Failure } from './connection.ts'
import { dropSession, dropSessions, logOutSessions, revokeSessions } from './ending.ts'
import { toStoreFault } from './fault.ts'
import { createForms } from './forms.ts'
import { everyPersonOf } from './indexes.ts'
import { createCommandRecords, replaceServed } from './left-records.ts'
import { openParts } from './open-parts.ts'
import type { Parts } from './parts.ts'
import { type Found, readSessions } from './reading.ts'
import { createRenewals } from './renewals.ts'
import { textsOf } from './reply.ts'
import { createSaving } from './saving.ts'
import type { Servers } from './servers.ts'
import { createStates } from './states.ts'

/** A command of its own takes a second until it is given up. */
const earlyMs = 500

/**
 * Sessions in Redis, shared by all processes and machines that name it. Opens at once and never fails: while Redis is
 * away every call rejects with a StoreFault, and once it is back they are answered, with nothing to be done.
 */
export function openRedisStore(
  settings: RedisSettings,
  context: StoreContext,
  answerMs?: number,
): SessionStore {
  const parts = openParts(settings, context, answerMs)
  const { servers, keys, changes } = parts
  const saving = createSaving(parts)
  const states = createStates(parts)
  const renewals = createRenewals(parts)
  const forms = createForms(parts)
  const commands = createCommandRecords(parts)

  /**
   * Once more when it failed early: a connection that another command had found silent was given up meanwhile, and a new
   * one may know what ended. While Redis is away the second try fails at once.
   */
  async function read(key: SessionKey): Promise<readonly Found[]> {
    const sentAtMs = context.clock.monotonicMs()
    try {
      return await readSessions(parts, [key])
    } catch (thrown) {
      const isAnswered = thrown instanceof Failure && thrown.word !== null
      if (isAnswered || context.clock.monotonicMs() >= sentAtMs + earlyMs) throw thrown
      return readSessions(parts, [key])
    }
  }

  async function load(key: SessionKey): Promise<Session | null> {
    changes.loaded()
    const [found] = await read(key)
    if (found === undefined || found.isEnded) return null
    if (found.isStale) saving.reseal(found).catch((thrown) => context.report(toStoreFault(thrown)))
    return found.session
  }

  async function list({
    user,
    provider,
  }: Parameters<SessionStore['list']>[0]): Promise<readonly StoredSession[]> {
    const now = context.clock.now()
    const isSought = ({ session, isEnded, expiresAt }: Found): boolean =>
      !isEnded &&
      expiresAt > now &&
      (user === undefined || session.user === user) &&
      (provider === undefined || isSameProvider(session, provider))
    // Of what is read no claims stay: those of everybody would take much more memory than the list.
    const found = new Map<SessionKey, StoredSession>()
    for await (const sought of soughtBy(parts, user, provider))
      for (const one of await readSessions(parts, sought))
        if (isSought(one)) found.set(one.session.key, toStored(one))
    return [...found.values()].sort(
      (one, other) => other.signedInAt - one.signedInAt || (one.key < other.key ? -1 : 1),
    )
  }

  return {
    load: (key) => translated(load(key)),
    save: (session, expiresAt, leaving = []) => translated(saving.save(session, expiresAt, leaving)),
    touch: (key, lastSeenAt, expiresAt) => translated(saving.touch(key, { lastSeenAt, expiresAt })),
    drop: (key) => translated(dropSession(parts, key)),
    lock: (key, lock) => translated(renewals.lock(key, lock)),
    unlock: (key, lockId) => translated(renewals.unlock(key, lockId)),
    renew: (session, lockId) => translated(renewals.renew(session, lockId)),
    list: (filter) => translated(list(filter)),
    revoke: async (which) => {
      switch (which.by) {
        case 'key':
          return Number(await translated(dropSession(parts, which.key)))
        case 'keys':
          return translated(dropSessions(parts, which.keys))
        case 'user':
        case 'provider':
        case 'all':
          return translated(revokeSessions(parts, which))
      }
    },
    logOut: (logout) => translated(logOutSessions(parts, logout)),
    // Redis forgets by itself.
    purge: () => 0,
    states: {
      spend: async (hash, when) => translated(states.spend(hash, when)),
      spent: async (hash) => translated(states.spent(hash)),
      keepOutcome: async (hash, outcome) => translated(states.keepOutcome(hash, outcome)),
    },
    forms: {
      keep: (form) => translated(forms.keep(form)),
      read: (id, now) => translated(forms.read(id, now)),
      take: (id, now) => translated(forms.take(id, now)),
    },
    commands: {
      leave: (records) => translated(commands.leave(records)),
      take: () => translated(commands.take()),
    },
    replaceServed: (record) => translated(replaceServed(parts, record)),
    onChange: changes.onChange,
    freshUntilMs: changes.freshUntilMs,
    check: () => translated(check(servers, keys.check)),
    async close() {
      changes.close()
      servers.close()
    },
  }
}

async function* soughtBy(
  { servers, keys, context }: Parts,
  user: string | undefined,
  provider: Parameters<SessionStore['list']>[0]['provider'],
): AsyncIterable<readonly SessionKey[]> {
  if (user !== undefined && provider !== undefined) {
    const names = everyPersonOf(context.seal, provider, user).map((hash) => keys.index(hash))
    const replies = await servers.sendEach(names.map((key) => ({ key, command: ['ZRANGE', key, '0', '-1'] })))
    yield replies.flatMap(textsOf)
    return
  }
  for await (const names of servers.scan(keys.everySession))
    yield names.flatMap((name) => keys.sessionOf(name) ?? [])
}

/** Every server is asked whether it is there, and one whether it can be written. */
async function check(servers: Servers, key: string): Promise<void> {
  await Promise.all([servers.everywhere([['PING']]), servers.send(key, [['SET', key, '1', 'PX', '1000']])])
}

function toStored({ session, expiresAt }: Found): StoredSession {
  const { key, origin, issuer, clientId, user, signedInAt, lastSeenAt } = session
  return { key, origin, issuer, clientId, user, signedInAt, lastSeenAt, expiresAt }
}

async function translated<T>(work: Awaitable<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw toStoreFault(thrown)
  }
}
