import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../../core/limits/table.ts'

/** What a key must be of, where something is said. */
const ofOwner = '(?1 IS NULL OR user = ?1) AND (?2 IS NULL OR issuer = ?2 AND client_id = ?3)'

/** Everything that the store ever asks of its file, prepared once. */
export function prepareKeyStatements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text)
  return {
    load: prepare('SELECT record FROM api_key WHERE id = ?'),
    count: prepare('SELECT count(*) AS count FROM api_key'),
    add: prepare(`INSERT INTO api_key (id, prefix, user, issuer, client_id, ended_at, record)
      VALUES (?, ?, ?, ?, ?, ?, ?)`),
    put: prepare('UPDATE api_key SET ended_at = ?, record = ? WHERE id = ?'),
    living: prepare(`SELECT count(*) AS count FROM api_key WHERE user = ?1 AND issuer = ?2 AND client_id = ?3
      AND (ended_at IS NULL OR ended_at > ?4)`),
    ofPerson: prepare('SELECT id, record FROM api_key WHERE user = ?1 AND issuer = ?2 AND client_id = ?3'),
    ofPersons: prepare('SELECT id, record FROM api_key WHERE user = ? AND issuer IS NOT NULL'),
    page: prepare(`SELECT seq, record FROM api_key WHERE ${ofOwner} AND (?4 IS NULL OR seq < ?4)
      ORDER BY seq DESC LIMIT ?5`),
    ended: prepare(`DELETE FROM api_key WHERE ended_at <= ?`),
    prefixes: prepare('SELECT DISTINCT prefix FROM api_key ORDER BY prefix'),
    changed: prepare('INSERT INTO key_change (id) VALUES (?)'),
    trim: prepare(
      `DELETE FROM key_change WHERE seq <= (SELECT max(seq) FROM key_change) - ${limits.keyChanges}`,
    ),
    lastChange: prepare("SELECT seq FROM sqlite_sequence WHERE name = 'key_change'"),
    changesAfter: prepare('SELECT seq, id FROM key_change WHERE seq > ? ORDER BY seq'),
    /** Changes when another connection has committed: https://www.sqlite.org/pragma.html#pragma_data_version */
    dataVersion: prepare('PRAGMA data_version'),
    use: prepare(`INSERT INTO key_use (id, day, count) VALUES (?1, ?2, ?3)
      ON CONFLICT (id, day) DO UPDATE SET count = count + ?3`),
    lastUse: prepare(`INSERT INTO key_last_use (id, at, network) VALUES (?1, ?2, ?3)
      ON CONFLICT (id) DO UPDATE SET at = ?2, network = ?3 WHERE at <= ?2`),
    forgetUses: prepare(`DELETE FROM key_use WHERE id = ?1 AND day NOT IN
      (SELECT day FROM key_use WHERE id = ?1 ORDER BY day DESC LIMIT ${limits.keyUsageDays})`),
    days: prepare(
      `SELECT day, count FROM key_use WHERE id = ? ORDER BY day DESC LIMIT ${limits.keyUsageDays}`,
    ),
    last: prepare('SELECT at, network FROM key_last_use WHERE id = ?'),
  } as const
}

export type KeyStatements = ReturnType<typeof prepareKeyStatements>
