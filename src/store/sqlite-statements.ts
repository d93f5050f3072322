import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'

const texts = {
  load: 'SELECT record, last_seen_at FROM session WHERE key = ?',
  save: `INSERT INTO session
    (key, origin, issuer, client_id, user, signed_in_at, last_seen_at, expires_at, record)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    origin = excluded.origin, issuer = excluded.issuer, client_id = excluded.client_id, user = excluded.user,
    signed_in_at = excluded.signed_in_at, last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at,
    record = excluded.record`,
  touch:
    'UPDATE session SET last_seen_at = ?, expires_at = max(expires_at, ?) WHERE key = ? AND last_seen_at < ?',
  list: `SELECT key, origin, issuer, client_id, user, signed_in_at, last_seen_at, expires_at FROM session
    WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR issuer = ?2 AND client_id = ?3)
    ORDER BY signed_in_at DESC, key`,
  drop: 'DELETE FROM session WHERE key = ?',
  dropUser: 'DELETE FROM session WHERE user = ?1 AND (?2 IS NULL OR issuer = ?2 AND client_id = ?3)',
  dropAll: 'DELETE FROM session',
  purge: `DELETE FROM session WHERE key IN
    (SELECT key FROM session WHERE expires_at <= ? ORDER BY expires_at LIMIT ${limits.purgedSessions})`,
  /** Changes when another connection has committed: https://www.sqlite.org/pragma.html#pragma_data_version */
  dataVersion: 'PRAGMA data_version',
  removals: 'SELECT count FROM removals',
} as const

export type Statements = { readonly [name in keyof typeof texts]: StatementSync }

/** Everything that the store ever asks of its file, prepared once. */
export function prepareStatements(database: DatabaseSync): Statements {
  return {
    load: database.prepare(texts.load),
    save: database.prepare(texts.save),
    touch: database.prepare(texts.touch),
    list: database.prepare(texts.list),
    drop: database.prepare(texts.drop),
    dropUser: database.prepare(texts.dropUser),
    dropAll: database.prepare(texts.dropAll),
    purge: database.prepare(texts.purge),
    dataVersion: database.prepare(texts.dataVersion),
    removals: database.prepare(texts.removals),
  }
}
