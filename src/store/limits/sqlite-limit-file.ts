import type { DatabaseSync } from 'node:sqlite'
import { StoreFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import { type DatabaseFile, openDatabaseFile } from '../database-file.ts'

/** A file of its own: a request that is counted waits for no session that is written, and the other way round. */
const fileName = 'limits.db'
/** "clml": tells it from our other files and from any other database. */
const applicationId = 0x636c6d6c
const format = 1

const pragmas = `
  PRAGMA temp_store = MEMORY;
  PRAGMA synchronous = NORMAL; -- a power cut forgets the last requests; whatever ends the process forgets none
  PRAGMA journal_size_limit = 16777216;
`

const tables = ['caller_counter', 'network_counter']
  .map(
    (table) => `
  CREATE TABLE ${table} (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order in which they were made
    name TEXT NOT NULL UNIQUE, -- a hash
    used INTEGER NOT NULL,
    until INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ${table}_by_end ON ${table} (until);`,
  )
  .join('')

/**
 * Opens `limits.db` in the folder; makes both when they are not there, for this user alone. Throws a StoreFault that says
 * what is wrong with which file and what would be right.
 */
export function openLimitFile(folder: string): DatabaseFile {
  return openDatabaseFile(folder, fileName, prepareDatabase, 'store of the limits')
}

function prepareDatabase(database: DatabaseSync, path: string): void {
  database.exec(`${pragmas} BEGIN IMMEDIATE`)
  if (database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${format}; ${tables}`)
  const number = (pragma: string): unknown => database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]
  if (number('application_id') !== applicationId || number('user_version') !== format) {
    const message = `${path} is no file of limits of this version; move it away: what was used of quotas is then forgotten`
    throw new StoreFault('STORE_INVALID', message)
  }
  database.exec(`COMMIT; PRAGMA busy_timeout = ${limits.storeBusyMs}`)
}
