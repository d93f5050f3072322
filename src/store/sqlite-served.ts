import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'

/** Added to files of the same format: an earlier version leaves it alone. */
export const servedTable = `
  CREATE TABLE IF NOT EXISTS served (one INTEGER PRIMARY KEY CHECK (one = 1), record TEXT NOT NULL) STRICT;
`

/** What served last, in the file: puts the next one there and says which it was. A long one was not left by us. */
export function prepareServed(database: DatabaseSync): (record: string) => string | null {
  const last = database.prepare(
    `SELECT record FROM served WHERE octet_length(record) <= ${limits.commandRecordBytes}`,
  )
  const put = database.prepare('INSERT OR REPLACE INTO served (one, record) VALUES (1, ?)')
  return (record) => {
    const row = last.get()
    put.run(record)
    return row === undefined ? null : String(row.record)
  }
}
