import { limits } from '../../core/limits/table.ts'
import { type EpochSeconds, lastSeen, type Session, type SessionKey } from '../../core/session/session.ts'
import { encodeSession } from '../../core/session/session-record.ts'
import { endSessions, unindex } from './ending.ts'
import { everyPersonOf } from './indexes.ts'
import { isStored } from './keys.ts'
import { queryMarks } from './marks.ts'
import { keptMs, type Parts } from './parts.ts'
import { type Found, openSeen, putIndexes, readSessions, sealSeen } from './reading.ts'
import { listOf, textOf, textOrNothing } from './reply.ts'
import { replaceIfSame } from './scripts.ts'

/** How many sign-ins of one second keep their order. */
const inOneSecond = 1_000_000
/** So long after its sign-in a session that is not there may still be written: much longer than a call takes, as clocks differ. */
const underWaySeconds = 600

export interface Saving {
  save(
    session: Session,
    expiresAt: EpochSeconds,
    leaving: readonly SessionKey[],
  ): Promise<readonly SessionKey[]>
  touch(
    key: SessionKey,
    seen: { readonly lastSeenAt: EpochSeconds; readonly expiresAt: EpochSeconds },
  ): Promise<void>
  /** Seals what was read by the first secret, once it stands in the indexes that go by that one. */
  reseal(found: Found): Promise<void>
}

export function createSaving(parts: Parts): Saving {
  const { servers, keys, context } = parts
  const { seal } = context
  let begun = 0

  /** In order of the time, and within one second in that in which this process saved them. */
  function scoreOf({ signedInAt }: Session): number {
    begun = (begun + 1) % inOneSecond
    return signedInAt + begun / inOneSecond
  }

  /**
   * The record is the last that is written, so that no session is there which a sign-out does not find. Its marks are
   * read before: a revocation that comes in between leaves one that it does not have. The indexes come before these: a
   * logout that does not find it there has left its mark already, and one that has may be forgotten before the session.
   */
  async function save(
    session: Session,
    expiresAt: EpochSeconds,
    leaving: readonly SessionKey[],
  ): Promise<readonly SessionKey[]> {
    const query = queryMarks(seal, keys, session)
    await putIndexes(parts, session, scoreOf(session))
    const marks = await servers.sendEach(query.commands)
    if (query.loggedOut(marks)) {
      await unindex(parts, [session])
      return []
    }
    const displaced = await oldestOf(session, new Set([session.key, ...leaving]))
    await write({ ...session, marks: query.seen(marks) }, expiresAt)
    try {
      if (displaced.length > 0) await endSessions(parts, displaced)
    } catch (thrown) {
      // Nobody is signed in by half a sign-in.
      await endSessions(parts, [session]).catch(() => {})
      throw thrown
    }
    return displaced.map(({ key }) => key)
  }

  async function write(session: Session, expiresAt: EpochSeconds): Promise<void> {
    const { key, lastSeenAt } = session
    const seen = sealSeen(seal, key, { lastSeenAt, expiresAt })
    await servers.send(keys.session(key), [
      ['SET', keys.seen(key), seen, 'PX', keptMs(parts)],
      ['SET', keys.session(key), seal.seal('session', key, encodeSession(session)), 'PX', keptMs(parts)],
    ])
  }

  /** Those with which a person would have more sessions than one may. */
  async function oldestOf(session: Session, uncounted: ReadonlySet<SessionKey>): Promise<readonly Session[]> {
    const indexes = everyPersonOf(seal, session, session.user).map((hash) => keys.index(hash))
    const replies = await servers.sendEach(
      indexes.map((key) => ({ key, command: ['ZRANGE', key, '0', '-1', 'WITHSCORES'] })),
    )
    const scores = new Map(replies.flatMap(scoresOf))
    const others = [...scores.keys()].filter((key) => !uncounted.has(key) && isStored(key))
    if (others.length < limits.personSessions) return []
    // Some of them may have run out: only those that are there count.
    const now = context.clock.now()
    const living = (await readSessions(parts, others)).filter(
      ({ isEnded, expiresAt }) => !isEnded && expiresAt > now,
    )
    const there = new Set(living.map((one) => one.session.key))
    const gone = others.filter((key) => !there.has(key) && (scores.get(key) ?? 0) < now - underWaySeconds)
    await unlist(indexes, gone)
    return living
      .map((one) => one.session)
      .sort((one, other) => (scores.get(other.key) ?? 0) - (scores.get(one.key) ?? 0))
      .slice(limits.personSessions - 1)
  }

  /** One that was put down before its record is written must stay: nobody would find it any more, and it would live on. */
  async function unlist(indexes: readonly string[], gone: readonly SessionKey[]): Promise<void> {
    const [first, ...more] = gone
    if (first === undefined) return
    await servers.sendEach(indexes.map((key) => ({ key, command: ['ZREM', key, first, ...more] })))
  }

  /** A session that is gone stays gone: only what is there is written over. */
  async function touch(
    key: SessionKey,
    { lastSeenAt, expiresAt }: Parameters<Saving['touch']>[1],
  ): Promise<void> {
    if (!isStored(key)) return
    const name = keys.seen(key)
    const sealed = textOrNothing((await servers.send(name, [['GET', name]]))[0])
    const known = sealed === null ? null : openSeen(seal, key, sealed)
    if (known === null || lastSeen(known.lastSeenAt, lastSeenAt) === known.lastSeenAt) return
    await servers.send(name, [['SET', name, sealSeen(seal, key, { lastSeenAt, expiresAt }), 'XX', 'KEEPTTL']])
  }

  /** A renewal may have put newer tokens there meanwhile, a use a later time: what was read gives way. */
  async function reseal({ session, sealed, expiresAt }: Found): Promise<void> {
    const { key, lastSeenAt } = session
    await putIndexes(parts, session, session.signedInAt)
    const anew = seal.seal('session', key, encodeSession(session))
    const name = keys.seen(key)
    const replies = await servers.send(keys.session(key), [
      replaceIfSame(keys.session(key), sealed, anew),
      ['GET', name],
    ])
    const seen = textOrNothing(replies[1])
    if (seen === null) return
    const known = openSeen(seal, key, seen) ?? { lastSeenAt, expiresAt }
    await servers.send(name, [replaceIfSame(name, seen, sealSeen(seal, key, known))])
  }

  return { save, touch, reseal }
}

/** Of ZRANGE … WITHSCORES: member, score, member, score … */
function scoresOf(reply: unknown): readonly (readonly [SessionKey, number])[] {
  const list = listOf(reply)
  return list.flatMap((member, at) => {
    const key = at % 2 === 0 ? textOf(member) : null
    return key === null ? [] : [[key, Number(list[at + 1])] as const]
  })
}
