import type { DatabaseSync } from 'node:sqlite'

/**
 * Columns of the session table that came after its format. An earlier version reads what it knows, and knows nothing of a
 * session's tokens. Sessions of before are found by a logout at the provider too: their claims say whose they are.
 */
const added = `
  ALTER TABLE session ADD COLUMN subject TEXT;
  ALTER TABLE session ADD COLUMN sid TEXT;
  ALTER TABLE session ADD COLUMN issued_at INTEGER;
  ALTER TABLE session ADD COLUMN tokens TEXT; -- sealed
  UPDATE session SET subject = json_extract(record, '$.claims.sub'), sid = json_extract(record, '$.claims.sid'),
    issued_at = signed_in_at WHERE json_valid(record);
  CREATE INDEX session_by_subject ON session (issuer, subject);
  CREATE INDEX session_by_sid ON session (issuer, sid) WHERE sid IS NOT NULL;
`

/** In a transaction of the caller's. */
export function addColumns(database: DatabaseSync): void {
  const names = database.prepare("SELECT name FROM pragma_table_info('session')").all()
  if (!names.some(({ name }) => name === 'tokens')) database.exec(added)
}
