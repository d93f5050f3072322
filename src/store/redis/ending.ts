import type { LoggedOut, ProviderLogout, StoreChange } from '../../core/ports.ts'
import { isSameProvider } from '../../core/provider-id.ts'
import { isMeant, logoutMarkSeconds } from '../../core/session/provider-logout.ts'
import type { Session, SessionKey } from '../../core/session/session.ts'
import { forgetFormsOf } from './forms.ts'
import { everyIndexOf, everyPersonOf, indexesOfLogout } from './indexes.ts'
import { isStored } from './keys.ts'
import { markOf, marksOfLogout, type RevokedByMark } from './marks.ts'
import { keptMs, type Parts } from './parts.ts'
import { type Found, readSessions } from './reading.ts'
import { textOrNothing, textsOf } from './reply.ts'
import type { KeyedCommand } from './servers.ts'

/**
 * Ends sessions one by one: tombstones first, so that they count no more whatever fails behind; then the records, the
 * indexes, and the word to the others. Returns the keys of those that were there. Rejects with a Failure.
 */
export async function endSessions(
  parts: Parts,
  sessions: readonly Session[],
): Promise<ReadonlySet<SessionKey>> {
  const { servers, keys, changes } = parts
  const [first] = sessions
  if (first === undefined) return new Set()
  await servers.sendEach(
    sessions.map(({ key }) => ({
      key: keys.ended(key),
      command: ['SET', keys.ended(key), '1', 'PX', keptMs(parts)],
    })),
  )
  const change: StoreChange = { kind: 'sessions', keys: sessions.map(({ key }) => key) }
  const [removed] = await toldHere(
    parts,
    change,
    Promise.all([
      Promise.all(sessions.map(({ key }) => remove(parts, key))),
      changes.announce(change),
      unindex(parts, sessions),
      ...sessions.map(({ key }) => confirmEnd(parts, keys.ended(key))),
    ]),
  )
  return new Set(sessions.map(({ key }) => key).filter((_, at) => removed[at] === true))
}

function confirmEnd(parts: Parts, key: string): Promise<void> {
  return parts.confirmation.confirm({ key, command: ['PEXPIRE', key, keptMs(parts)], what: 'ended' })
}

/** What has ended has ended, though what comes behind fails: then this process must not believe it any longer either. */
async function toldHere<T>({ changes }: Parts, change: StoreChange, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    changes.tell(change)
    throw thrown
  }
}

export async function unindex(
  { servers, keys, context }: Parts,
  sessions: readonly Session[],
): Promise<void> {
  const commands = sessions.flatMap((session) =>
    everyIndexOf(context.seal, session).map((hash): KeyedCommand => {
      const key = keys.index(hash)
      return { key, command: ['ZREM', key, session.key] }
    }),
  )
  await servers.sendEach(commands)
}

/** Whether its record was there. */
async function remove({ servers, keys }: Parts, key: SessionKey): Promise<boolean> {
  const [record] = await servers.send(keys.session(key), [
    ['GETDEL', keys.session(key)],
    ['DEL', keys.seen(key)],
  ])
  return textOrNothing(record) !== null
}

/** One session, of which the key alone is known. A tombstone stays also where none was: a failover may bring it back. */
export async function dropSession(parts: Parts, key: SessionKey): Promise<boolean> {
  if (!isStored(key)) return false
  const { servers, keys, changes } = parts
  const [found] = await readSessions(parts, [key])
  if (found !== undefined) {
    const removed = await endSessions(parts, [found.session])
    return removed.has(key)
  }
  await servers.send(keys.ended(key), [['SET', keys.ended(key), '1', 'PX', keptMs(parts)]])
  await changes.announce({ kind: 'sessions', keys: [key] })
  await remove(parts, key)
  await confirmEnd(parts, keys.ended(key))
  return false
}

/** Each of these; returns how many there were. Of one that is not there a tombstone stays, as of a single one. */
export async function dropSessions(parts: Parts, keys: readonly SessionKey[]): Promise<number> {
  const dropped = await Promise.all([...new Set(keys)].map((key) => dropSession(parts, key)))
  return dropped.filter(Boolean).length
}

/** Ends those that were there, by a mark and one by one; returns how many there were. */
export async function revokeSessions(parts: Parts, which: RevokedByMark): Promise<number> {
  const { servers, keys, context, changes, nonce } = parts
  const mark = keys.mark(markOf(context.seal, which))
  await servers.send(mark, [['SET', mark, nonce(), 'PX', keptMs(parts)]])
  const confirmed = confirmEnd(parts, mark)
  const isPerson = which.by === 'user' && which.provider !== undefined
  if (!isPerson) await changes.announce({ kind: 'any' })
  let count = 0
  for await (const sought of soughtBy(parts, which)) {
    if (isPerson && sought.length > 0) await changes.announce({ kind: 'sessions', keys: sought })
    const meant = (await readSessions(parts, sought)).filter(
      ({ session, isEnded }) => isEnded && isOf(session, which),
    )
    count += (await removeMarked(parts, meant)).size
    if (which.by === 'user')
      await forgetFormsOf(
        parts,
        meant.map(({ session }) => session.key),
      )
  }
  await confirmed
  return count
}

/** Keys of sessions that may be meant, in pieces. */
async function* soughtBy(
  { servers, keys, context }: Parts,
  which: RevokedByMark,
): AsyncIterable<readonly SessionKey[]> {
  if (which.by === 'user' && which.provider !== undefined) {
    const indexes = everyPersonOf(context.seal, which.provider, which.user)
    const replies = await servers.sendEach(indexes.map((hash) => membersOf(keys.index(hash))))
    yield replies.flatMap(textsOf)
    return
  }
  for await (const names of servers.scan(keys.everySession))
    yield names.flatMap((name) => keys.sessionOf(name) ?? [])
}

function membersOf(key: string): KeyedCommand {
  return { key, command: ['ZRANGE', key, '0', '-1'] }
}

function isOf(session: Session, which: RevokedByMark): boolean {
  switch (which.by) {
    case 'user': {
      const { user, provider } = which
      return session.user === user && (provider === undefined || isSameProvider(session, provider))
    }
    case 'provider':
      return isSameProvider(session, which.provider)
    case 'all':
      return true
  }
}

/** Of sessions that a mark has ended already: nothing but room is at stake. */
async function removeMarked(parts: Parts, found: readonly Found[]): Promise<ReadonlySet<SessionKey>> {
  const sessions = found.map(({ session }) => session)
  const [removed] = await Promise.all([
    Promise.all(sessions.map(({ key }) => remove(parts, key))),
    unindex(parts, sessions),
  ])
  return new Set(sessions.map(({ key }) => key).filter((_, at) => removed[at] === true))
}

/**
 * The marks first: with them the sessions have ended, also those that are saved meanwhile. The `jti` is the last that is
 * written: of a logout that failed half-way nothing is spent, and the provider may send it again.
 */
export async function logOutSessions(parts: Parts, logout: ProviderLogout): Promise<LoggedOut> {
  const { servers, keys, context } = parts
  if (await isSpent(parts, logout)) return { kind: 'spent' }
  const marks = marksOfLogout(context.seal, logout).map((hash) => keys.logout(hash))
  const fresh = await leaveMarks(parts, marks, logout)
  const indexes = indexesOfLogout(context.seal, logout)
  const members = await servers.sendEach(indexes.map((hash) => membersOf(keys.index(hash))))
  const sought = members.flatMap(textsOf)
  if (logout.jti === null && sought.length === 0) await forgetSoon(parts, fresh)
  const found = await readSessions(parts, sought)
  const meant = found.filter(({ session }) => isMeant(logout, session))
  const told: StoreChange = { kind: 'sessions', keys: meant.map(({ session }) => session.key) }
  const removed = await toldHere(parts, told, finishLogout(parts, logout, meant))
  await Promise.all(marks.map((key) => confirmEnd(parts, key)))
  // The same token may come to two processes at once: the end of each session is told by one of them.
  return { kind: 'ended', keys: told.keys.filter((key) => removed.has(key)) }
}

/** Returns those that would not have stayed for long without it. */
async function leaveMarks(
  parts: Parts,
  marks: readonly string[],
  { issuedBy }: ProviderLogout,
): Promise<readonly string[]> {
  const replies = await parts.servers.sendEach(
    marks.flatMap((key): readonly KeyedCommand[] => [
      { key, command: ['PTTL', key] },
      { key, command: ['ZADD', key, 'GT', String(issuedBy), 'iat'] },
      { key, command: ['PEXPIRE', key, keptMs(parts)] },
    ]),
  )
  return marks.filter((_, at) => Number(replies[at * 3]) <= soonMs)
}

const soonMs = logoutMarkSeconds * 1000

/**
 * Of a logout that no provider signed and that found nobody: anybody may send such ones, and for as long as sessions may
 * last they would fill the Redis. It stays for sessions that are saved after it; none is there that could come back.
 */
async function forgetSoon({ servers }: Parts, marks: readonly string[]): Promise<void> {
  await servers.sendEach(marks.map((key) => ({ key, command: ['PEXPIRE', key, String(soonMs)] })))
}

/** Returns the keys of those that were still there. */
async function finishLogout(
  parts: Parts,
  logout: ProviderLogout,
  meant: readonly Found[],
): Promise<ReadonlySet<SessionKey>> {
  const keys = meant.map(({ session }) => session.key)
  if (keys.length > 0) await parts.changes.announce({ kind: 'sessions', keys })
  const removed = await removeMarked(parts, meant)
  await spend(parts, logout)
  return removed
}

async function isSpent({ servers, keys, context }: Parts, { jti }: ProviderLogout): Promise<boolean> {
  if (jti === null) return false
  const names = context.seal.indexes('jti', [jti.hash]).map((hash) => keys.jti(hash))
  const replies = await servers.sendEach(names.map((key) => ({ key, command: ['GET', key] })))
  return replies.some((reply) => reply !== null)
}

async function spend({ servers, keys, context }: Parts, { jti, at }: ProviderLogout): Promise<void> {
  if (jti === null) return
  const key = keys.jti(context.seal.index('jti', [jti.hash]))
  const ms = String(Math.max(1, jti.until - at) * 1000)
  await servers.send(key, [['SET', key, '1', 'NX', 'PX', ms]])
}
