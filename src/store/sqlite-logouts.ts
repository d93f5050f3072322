import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'
import type { ProviderLogout } from '../core/ports.ts'
import { type LoggedOutSession, logoutMarkSeconds } from '../core/session/provider-logout.ts'
import type { EpochSeconds, SessionKey } from '../core/session/session.ts'

/** Added to files of the same format: an earlier version leaves it alone. */
export const logoutsTable = `
  CREATE TABLE IF NOT EXISTS logout (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    subject TEXT,
    sid TEXT,
    issued_by INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS logout_by_person ON logout (issuer, subject, sid);
  CREATE INDEX IF NOT EXISTS logout_by_expiry ON logout (expires_at);
`

/** At most so many go in one step of a purge; the next one takes more. */
const purgedAtOnce = 500

/** As core/session/provider-logout says it, of a logout `?1` issuer, `?2` subject, `?3` sid, `?4` issued by. */
const ofSubject =
  'issuer = ?1 AND subject = ?2 AND (?3 IS NULL OR sid IS NULL OR sid = ?3) AND issued_at <= ?4'
const ofSid = 'issuer = ?1 AND sid = ?3 AND ?2 IS NULL AND issued_at <= ?4'

/**
 * Logouts at providers, in the file. Bounded: of more, the first are forgotten, as they may come faster than a purge
 * takes them. What it does may throw what node:sqlite throws; the caller translates.
 */
export function prepareLogouts(database: DatabaseSync, most: number = limits.logoutMarks) {
  const find = {
    subject: database.prepare(`SELECT key FROM session WHERE ${ofSubject}`),
    sid: database.prepare(`SELECT key FROM session WHERE ${ofSid}`),
  }
  const add = database.prepare(
    'INSERT INTO logout (issuer, subject, sid, issued_by, expires_at) VALUES (?, ?, ?, ?, ?)',
  )
  const bound = database.prepare('DELETE FROM logout WHERE id <= (SELECT max(id) FROM logout) - ?')
  const ends = database.prepare(`SELECT 1 FROM logout WHERE issuer = ?1 AND subject = ?2
    AND (sid IS NULL OR ?3 IS NULL OR sid = ?3) AND issued_by >= ?4
    UNION ALL SELECT 1 FROM logout WHERE issuer = ?1 AND subject IS NULL AND sid = ?3 AND issued_by >= ?4 LIMIT 1`)
  const purge = database.prepare(`DELETE FROM logout WHERE id IN
    (SELECT id FROM logout WHERE expires_at <= ? LIMIT ${purgedAtOnce})`)
  return {
    /** Those that it ends, which are there now. */
    found({ issuer, subject, sid, issuedBy }: ProviderLogout): readonly SessionKey[] {
      const rows = (subject === null ? find.sid : find.subject).all(issuer, subject, sid, issuedBy)
      return rows.map(({ key }) => String(key))
    },
    add({ issuer, subject, sid, issuedBy, at }: ProviderLogout): void {
      add.run(issuer, subject, sid, issuedBy, at + logoutMarkSeconds)
      bound.run(most)
    },
    ends({ issuer, subject, sid, idTokenIssuedAt }: LoggedOutSession): boolean {
      return ends.get(issuer, subject, sid, idTokenIssuedAt) !== undefined
    },
    purge: (now: EpochSeconds): void => void purge.run(now),
  }
}
