import type { RenewalLock, SessionStore } from '../../core/ports.ts'
import { renewedSession } from '../../core/session/renewed-session.ts'
import type { Session, SessionKey } from '../../core/session/session.ts'
import { encodeSession } from '../../core/session/session-record.ts'
import { Failure } from './connection.ts'
import { isStored } from './keys.ts'
import type { Parts } from './parts.ts'
import { readSessions } from './reading.ts'
import { textOf, textOrNothing } from './reply.ts'
import { removeIfSame, replaceIfLocked } from './scripts.ts'

/** How often it is tried: while its slot moves, or the record is sealed anew meanwhile. */
const mostTries = 10
const pauseMs = 100

/** Renewals of sessions. Each call rejects with a Failure, or an Unreadable. */
export function createRenewals(parts: Parts): {
  readonly [name in 'lock' | 'unlock' | 'renew']: (
    ...given: Parameters<SessionStore[name]>
  ) => Promise<Awaited<ReturnType<SessionStore[name]>>>
} {
  const { servers, keys, context, confirmation } = parts

  async function isThere(key: SessionKey): Promise<boolean> {
    const [found] = await readSessions(parts, [key])
    return found?.isEnded === false
  }

  /** The session is looked for under the lock: one that ends later is told from the renewal itself. */
  async function lock(key: SessionKey, { id, at, until }: RenewalLock): Promise<boolean> {
    if (!isStored(key)) return false
    const name = keys.lock(key)
    const ms = String(Math.max(1, until - at) * 1000)
    const [given] = await servers.send(name, [['SET', name, id, 'NX', 'PX', ms]])
    if (textOrNothing(given) !== 'OK') return false
    if (await isThere(key)) return true
    await unlock(key, id)
    return false
  }

  async function unlock(key: SessionKey, lockId: string): Promise<void> {
    if (isStored(key)) await servers.send(keys.lock(key), [removeIfSame(keys.lock(key), lockId)])
  }

  /**
   * What ended meanwhile has ended: it is looked for once more behind the write. A tombstone stands before the record is
   * removed, and marks stand elsewhere; whatever is written under them opens nothing.
   */
  async function renew(session: Session, lockId: string): Promise<boolean> {
    const { key } = session
    if (!isStored(key) || !(await write(session, lockId))) return false
    const copied = keys.written(key)
    const command = ['SET', copied, '1', 'PX', '1000'] as const
    const confirmed = confirmation.confirm({ key: copied, command, what: 'renewed' })
    const [isLive] = await Promise.all([isThere(key), confirmed])
    return isLive
  }

  async function write(session: Session, lockId: string): Promise<boolean> {
    const written = new Set<string>()
    let unanswered = 0
    for (let tries = 1; ; tries++) {
      try {
        const result = await writeOnce(session, lockId, written)
        if (result !== 'other' || tries === mostTries) return result === 'done'
      } catch (thrown) {
        // A connection may have fallen silent: a session hangs on this answer, so it is asked for on another one.
        const isUnanswered = thrown instanceof Failure && thrown.word === null && unanswered++ === 0
        const moves = thrown instanceof Failure && thrown.word === 'TRYAGAIN' && tries < mostTries
        if (!isUnanswered && !moves) throw thrown
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  /** `written` remembers what may have been written, though no answer came. */
  async function writeOnce(session: Session, lockId: string, written: Set<string>): Promise<string | null> {
    const { key } = session
    const [found] = await readSessions(parts, [key])
    if (found === undefined || found.isEnded) return 'lost'
    const before = found.sealed
    if (written.has(before)) return 'done'
    const after = context.seal.seal('session', key, encodeSession(renewedSession(found.session, session)))
    written.add(after)
    const names = { key: keys.session(key), lock: keys.lock(key) }
    const [reply] = await servers.send(names.key, [replaceIfLocked(names, lockId, { before, after })])
    return textOf(reply)
  }

  return { lock, unlock, renew }
}
