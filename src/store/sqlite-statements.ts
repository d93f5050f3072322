import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'
import { clockToleranceSeconds } from '../core/session/session.ts'

/** What a session must be of, where something is said. */
const ofUser = 'user = ?1 AND (?2 IS NULL OR issuer = ?2 AND client_id = ?3)'
const piece =
  'SELECT id, octet_length(record) + coalesce(octet_length(tokens), 0) AS bytes FROM session WHERE'

const texts = {
  load: 'SELECT record, tokens, last_seen_at FROM session WHERE key = ?',
  /** Those that were read alone: a renewal may have put newer ones there meanwhile. */
  reseal: 'UPDATE session SET tokens = ? WHERE key = ? AND tokens = ?',
  save: `INSERT INTO session
    (key, origin, issuer, client_id, user, signed_in_at, last_seen_at, expires_at, subject, sid, issued_at, record, tokens)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    origin = excluded.origin, issuer = excluded.issuer, client_id = excluded.client_id, user = excluded.user,
    signed_in_at = excluded.signed_in_at, last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at,
    subject = excluded.subject, sid = excluded.sid, issued_at = excluded.issued_at, record = excluded.record,
    tokens = excluded.tokens, lock_id = NULL, lock_at = NULL, lock_until = NULL`,
  /** Beside the one that begins, and those that end with it, the newest that a person may have stay. */
  displaced: `SELECT key FROM session WHERE user = ? AND issuer = ? AND client_id = ?
    AND key NOT IN (SELECT value FROM json_each(?))
    ORDER BY signed_in_at DESC, id DESC LIMIT ${limits.removedSessions} OFFSET ${limits.personSessions - 1}`,
  /** As `lastSeen` in core/session says it: what a wrong clock wrote ahead gives way. */
  touch: `UPDATE session SET last_seen_at = ?1,
    expires_at = CASE WHEN last_seen_at > ?1 THEN ?2 ELSE max(expires_at, ?2) END
    WHERE key = ?3 AND (last_seen_at < ?1 OR last_seen_at > ?1 + ${clockToleranceSeconds})`,
  list: `SELECT key, origin, issuer, client_id, user, signed_in_at, last_seen_at, expires_at FROM session
    WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR issuer = ?2 AND client_id = ?3)
    ORDER BY signed_in_at DESC, key`,
  drop: 'DELETE FROM session WHERE key = ?',
  dropId: 'DELETE FROM session WHERE id = ?',
  lastId: 'SELECT max(id) AS id FROM session',
  pieceOfUser: `${piece} ${ofUser} AND id <= ?4 ORDER BY id LIMIT ${limits.removedSessions}`,
  pieceOfProvider: `${piece} issuer = ?1 AND client_id = ?2 AND id <= ?3 ORDER BY id LIMIT ${limits.removedSessions}`,
  pieceOfKeys: `${piece} key IN (SELECT value FROM json_each(?1)) AND id <= ?2 ORDER BY id LIMIT ${limits.removedSessions}`,
  pieceOfAll: `${piece} id <= ? ORDER BY id LIMIT ${limits.removedSessions}`,
  pieceExpired: `${piece} expires_at <= ? ORDER BY expires_at LIMIT ${limits.removedSessions}`,
  /** Changes when another connection has committed: https://www.sqlite.org/pragma.html#pragma_data_version */
  dataVersion: 'PRAGMA data_version',
  removals: 'SELECT count FROM removals',
} as const

export type Statements = { readonly [name in keyof typeof texts]: StatementSync }

/** Everything that the store ever asks of its file, prepared once. */
export function prepareStatements(database: DatabaseSync): Statements {
  return {
    load: database.prepare(texts.load),
    reseal: database.prepare(texts.reseal),
    save: database.prepare(texts.save),
    displaced: database.prepare(texts.displaced),
    touch: database.prepare(texts.touch),
    list: database.prepare(texts.list),
    drop: database.prepare(texts.drop),
    dropId: database.prepare(texts.dropId),
    lastId: database.prepare(texts.lastId),
    pieceOfUser: database.prepare(texts.pieceOfUser),
    pieceOfProvider: database.prepare(texts.pieceOfProvider),
    pieceOfKeys: database.prepare(texts.pieceOfKeys),
    pieceOfAll: database.prepare(texts.pieceOfAll),
    pieceExpired: database.prepare(texts.pieceExpired),
    dataVersion: database.prepare(texts.dataVersion),
    removals: database.prepare(texts.removals),
  }
}
