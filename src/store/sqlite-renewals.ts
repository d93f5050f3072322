import type { DatabaseSync } from 'node:sqlite'
import type { RenewalLock } from '../core/ports.ts'
import type { RecordSeal } from '../core/session/record-seal.ts'
import { renewedSession } from '../core/session/renewed-session.ts'
import {
  clockToleranceSeconds,
  type EpochSeconds,
  type Session,
  type SessionKey,
} from '../core/session/session.ts'
import { decodeSession } from '../core/session/session-record.ts'
import { contentOf } from './sqlite-record.ts'

/**
 * Columns of the session table that came after its format. A lock rests beside its session: there is none of a session
 * that is gone. An earlier version leaves them alone, and never renews.
 */
const added = `
  ALTER TABLE session ADD COLUMN lock_id TEXT;
  ALTER TABLE session ADD COLUMN lock_at INTEGER;
  ALTER TABLE session ADD COLUMN lock_until INTEGER;
`

/** In a transaction of the caller's. */
export function addLockColumns(database: DatabaseSync): void {
  const names = database.prepare("SELECT name FROM pragma_table_info('session')").all()
  if (!names.some(({ name }) => name === 'lock_id')) database.exec(added)
}

/** As core/session/renewal-lock says it, of a lock that is held at `time`. */
const heldAt = (time: string) => `lock_until > ${time} AND lock_at <= ${time} + ${clockToleranceSeconds}`

/** Renewals, in the file. What it does may throw what node:sqlite throws; the caller translates. */
export function prepareRenewals(database: DatabaseSync) {
  const lock = database.prepare(`UPDATE session SET lock_id = ?2, lock_at = ?3, lock_until = ?4
    WHERE key = ?1 AND (lock_id IS NULL OR NOT (${heldAt('?3')}))`)
  const unlock = database.prepare(
    'UPDATE session SET lock_id = NULL, lock_at = NULL, lock_until = NULL WHERE key = ? AND lock_id = ?',
  )
  const locked = database.prepare(
    `SELECT record FROM session WHERE key = ?1 AND lock_id = ?2 AND ${heldAt('?3')}`,
  )
  const renew = database.prepare('UPDATE session SET record = ?, tokens = ? WHERE key = ?')
  return {
    lock: (key: SessionKey, { id, at, until }: RenewalLock): boolean =>
      Number(lock.run(key, id, at, until).changes) === 1,
    unlock: (key: SessionKey, lockId: string): void => void unlock.run(key, lockId),
    /** For use in a transaction: what stands there is read before it is replaced. */
    renew(session: Session, lockId: string, now: EpochSeconds, seal: RecordSeal): boolean {
      const { key } = session
      const row = locked.get(key, lockId, now)
      const there = row === undefined ? null : decodeSession(String(row.record), key)
      if (there === null) return false
      const { record, tokens } = contentOf(renewedSession(there, session), seal)
      renew.run(record, tokens, key)
      return true
    },
  }
}
