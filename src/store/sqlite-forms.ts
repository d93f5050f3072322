import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'
import type { KeptForm } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { type PieceRemoved, removePiece } from './removal.ts'
import { toDue } from './sqlite-rows.ts'

/** Added to files of the same format: an earlier version leaves it alone. */
export const formsTable = `
  CREATE TABLE IF NOT EXISTS kept_form (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    session TEXT NOT NULL, -- which may have ended
    expires_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sealed TEXT NOT NULL -- by the gateway
  ) STRICT;
  CREATE INDEX IF NOT EXISTS kept_form_by_session ON kept_form (session, expires_at);
  CREATE INDEX IF NOT EXISTS kept_form_by_expiry ON kept_form (expires_at, bytes); -- they are added up in it
`

/** Forms that wait for a sign-in, in the file. What it does may throw what node:sqlite throws; the caller translates. */
export function prepareForms(database: DatabaseSync) {
  const keep = database.prepare(`INSERT INTO kept_form (name, session, expires_at, bytes, sealed)
    SELECT ?1, ?2, ?4, ?5, ?6
    WHERE (SELECT count(*) FROM kept_form WHERE session = ?2 AND expires_at > ?3) < ${limits.keptFormsOfSession}
    AND (SELECT coalesce(sum(bytes), 0) FROM kept_form WHERE expires_at > ?3) + ?5 <= ${limits.keptFormBytes}
    ON CONFLICT (name) DO NOTHING`)
  const read = database.prepare('SELECT sealed FROM kept_form WHERE name = ? AND expires_at > ?')
  const take = database.prepare('DELETE FROM kept_form WHERE name = ? RETURNING sealed, expires_at')
  const over = database.prepare(
    `SELECT id, bytes FROM kept_form WHERE expires_at <= ? ORDER BY expires_at LIMIT ${limits.removedSessions}`,
  )
  const remove = database.prepare('DELETE FROM kept_form WHERE id = ?')
  const forget = database.prepare(
    'DELETE FROM kept_form WHERE session = (SELECT key FROM session WHERE id = ?)',
  )
  return {
    keep({ id, session, sealed, at, until }: KeptForm): boolean {
      const bytes = Buffer.byteLength(sealed) + limits.keptFormOverheadBytes
      return Number(keep.run(id, session, at, until, bytes, sealed).changes) === 1
    },
    read(id: string, now: EpochSeconds): string | null {
      const row = read.get(id, now)
      return row === undefined ? null : String(row.sealed)
    },
    take(id: string, now: EpochSeconds): string | null {
      const row = take.get(id)
      return row === undefined || Number(row.expires_at) <= now ? null : String(row.sealed)
    },
    /** One piece of those that are over. */
    purge: (now: EpochSeconds): PieceRemoved =>
      removePiece(
        database,
        () => over.all(now).map(toDue),
        (id) => void remove.run(id),
      ),
    /** Those of a session whose person is revoked, by the row of the session. */
    forget: (sessionId: number): void => void forget.run(sessionId),
  }
}
