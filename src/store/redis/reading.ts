import { parseJson } from '../../core/json.ts'
import type { RecordSeal } from '../../core/session/record-seal.ts'
import { type EpochSeconds, lastSeen, type Session, type SessionKey } from '../../core/session/session.ts'
import { decodeSession } from '../../core/session/session-record.ts'
import type { StoreContext } from '../context.ts'
import { type IndexedSession, indexesOf } from './indexes.ts'
import { isStored, type Keys } from './keys.ts'
import { queryMarks } from './marks.ts'
import { keptMs, type Parts } from './parts.ts'
import { textOrNothing } from './reply.ts'
import type { KeyedCommand } from './servers.ts'

/** A session as it stands in Redis. */
export interface Found {
  readonly session: Session
  /** The record as it stands there. */
  readonly sealed: string
  readonly expiresAt: EpochSeconds
  /** Whether a mark ends it: then it counts no more, and waits to be removed. */
  readonly isEnded: boolean
  /** Sealed by an older secret. */
  readonly isStale: boolean
}

/** When a session was seen last, and when it ends: kept beside the record, as they change with its use. */
export interface Seen {
  readonly lastSeenAt: EpochSeconds
  readonly expiresAt: EpochSeconds
}

/** Sessions that one round trip asks for. */
const readAtOnce = 200

/**
 * The sessions of these keys that are there, whose records open and of which no tombstone stands; two round trips for
 * each two hundred. Rejects with a Failure, or an Unreadable.
 */
export async function readSessions(parts: Parts, sought: Iterable<SessionKey>): Promise<readonly Found[]> {
  const all = [...new Set(sought)].filter(isStored)
  const found: Found[] = []
  for (let at = 0; at < all.length; at += readAtOnce)
    found.push(...(await readPiece(parts, all.slice(at, at + readAtOnce))))
  return found
}

async function readPiece(parts: Parts, sought: readonly SessionKey[]): Promise<readonly Found[]> {
  const { servers, keys, context } = parts
  const records = await servers.sendEach(sought.flatMap((key) => recordsOf(keys, key)))
  const opened = sought.flatMap(
    (key, at) => openRecords(context, key, records.slice(at * 3, at * 3 + 3)) ?? [],
  )
  const queries = opened.map(({ session }) => queryMarks(context.seal, keys, session))
  const replies = await servers.sendEach(queries.flatMap(({ commands }) => commands))
  let from = 0
  return opened.map((one, at) => {
    const query = queries[at]
    const mine = replies.slice(from, from + (query?.commands.length ?? 0))
    from += mine.length
    return { ...one, isEnded: query === undefined || query.ends(mine) }
  })
}

/** Not by one MGET: while a slot of a cluster moves, that finds nothing. */
function recordsOf(keys: Keys, key: SessionKey): readonly KeyedCommand[] {
  return [keys.session(key), keys.ended(key), keys.seen(key)].map((name) => ({
    key: name,
    command: ['GET', name],
  }))
}

function openRecords(
  { seal, longestLifetimeSeconds }: StoreContext,
  key: SessionKey,
  replies: readonly unknown[],
): Omit<Found, 'isEnded'> | null {
  const [record, ended, seen] = replies.map(textOrNothing)
  if (record === undefined || record === null || ended !== null) return null
  const opened = seal.open('session', key, record)
  const session = opened.ok ? decodeSession(opened.text, key) : null
  if (!opened.ok || session === null) return null
  const times = seen === null || seen === undefined ? null : openSeen(seal, key, seen)
  const lastSeenAt = times === null ? session.lastSeenAt : lastSeen(session.lastSeenAt, times.lastSeenAt)
  return {
    session: { ...session, lastSeenAt },
    sealed: record,
    // Without them nobody can tell: it is shown, and ended with the others, for as long as it may last.
    expiresAt: times?.expiresAt ?? session.signedInAt + longestLifetimeSeconds(),
    isStale: opened.stale,
  }
}

export function sealSeen(seal: RecordSeal, key: SessionKey, { lastSeenAt, expiresAt }: Seen): string {
  return seal.seal('last-seen', key, JSON.stringify([lastSeenAt, expiresAt]))
}

/** Null: it does not open, or is none. Never throws. */
export function openSeen(seal: RecordSeal, key: SessionKey, sealed: string): Seen | null {
  const opened = seal.open('last-seen', key, sealed)
  const parts = opened.ok ? parseJson(opened.text) : null
  if (!Array.isArray(parts)) return null
  const [lastSeenAt, expiresAt]: unknown[] = parts
  return isTime(lastSeenAt) && isTime(expiresAt) ? { lastSeenAt, expiresAt } : null
}

function isTime(value: unknown): value is EpochSeconds {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/**
 * Puts a session down in its indexes, so that it can be found by what it is of; those that must have run out by then are
 * taken out. Rejects with a Failure.
 */
export async function putIndexes(
  parts: Parts,
  session: IndexedSession & Pick<Session, 'key'>,
  score: number,
): Promise<void> {
  const { servers, keys, context } = parts
  const over = String(Math.floor(score) - Number(keptMs(parts)) / 1000)
  const commands = indexesOf(context.seal, session).flatMap((hash): readonly KeyedCommand[] => {
    const key = keys.index(hash)
    return [
      { key, command: ['ZADD', key, String(score), session.key] },
      { key, command: ['ZREMRANGEBYSCORE', key, '-inf', over] },
      { key, command: ['PEXPIRE', key, keptMs(parts)] },
    ]
  })
  await servers.sendEach(commands)
}
