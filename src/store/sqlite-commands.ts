import type { DatabaseSync } from 'node:sqlite'
import { limits } from '../core/limits/table.ts'

/** Added to files of the same format: an earlier version leaves it alone. */
export const commandsTable = `
  CREATE TABLE IF NOT EXISTS command_record (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    record TEXT NOT NULL
  ) STRICT;
`

/** What commands left, in the file. What it does may throw what node:sqlite throws; the caller translates. */
export function prepareCommands(database: DatabaseSync) {
  const leave = database.prepare('INSERT INTO command_record (record) VALUES (?)')
  const bound = database.prepare(
    `DELETE FROM command_record WHERE id <= (SELECT max(id) FROM command_record) - ${limits.commandRecords}`,
  )
  const any = database.prepare('SELECT 1 FROM command_record LIMIT 1')
  // One that is too long was not left by us, and is not even read.
  const oldest = database.prepare(`SELECT id,
    CASE WHEN octet_length(record) <= ${limits.commandRecordBytes} THEN record ELSE '' END AS record
    FROM command_record ORDER BY id LIMIT ${limits.takenCommandRecords}`)
  const remove = database.prepare('DELETE FROM command_record WHERE id = ?')
  return {
    leave(records: readonly string[]): void {
      for (const record of records) leave.run(record)
      bound.run()
    },
    /** Whether there is something to take: asked each second, without the lock that taking needs. */
    any: (): boolean => any.get() !== undefined,
    take(): readonly string[] {
      const rows = oldest.all()
      for (const { id } of rows) remove.run(Number(id))
      return rows.map(({ record }) => String(record))
    },
  }
}
