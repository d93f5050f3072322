import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreFault } from '../core/fault.ts'
import { limits } from '../core/limits/table.ts'
import { type DatabaseFile, openDatabaseFile } from './database-file.ts'
import { toStoreFault } from './fault.ts'
import { addColumns } from './sqlite-columns.ts'
import { commandsTable } from './sqlite-commands.ts'
import { formsTable } from './sqlite-forms.ts'
import { logoutsTable } from './sqlite-logouts.ts'
import { addLockColumns } from './sqlite-renewals.ts'
import { servedTable } from './sqlite-served.ts'
import { statesTable } from './sqlite-states.ts'

const fileName = 'sessions.db'
/** "clmg": tells our file from any other SQLite database. */
const applicationId = 0x636c6d67
/** Of the tables. A session's own record has a format number besides: see core/session. */
const format = 2
/** Named providers by a label alone: none of its sessions can be told to be of a provider of today. */
const formatOfLabels = 1

const pragmas = `
  PRAGMA temp_store = MEMORY;
  PRAGMA secure_delete = ON; -- the tokens of a session that ended are gone from the file
  PRAGMA synchronous = FULL; -- who signed out stays signed out after a power cut
  PRAGMA journal_size_limit = 16777216;
`

const sessionTable = `
  CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again: what began before a moment stays told apart
    key TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user TEXT NOT NULL,
    signed_in_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX session_by_user ON session (user, issuer, client_id);
  CREATE INDEX session_by_expiry ON session (expires_at);
  CREATE TRIGGER session_removed AFTER DELETE ON session BEGIN
    UPDATE removals SET count = count + 1;
  END;
`

const removalsTable = `
  -- How many sessions were ever removed: other processes read it to know that something they cached may be gone.
  CREATE TABLE removals (count INTEGER NOT NULL) STRICT;
  INSERT INTO removals VALUES (0);
`

/** Whether there is a session file in the folder. */
export function hasSessionFile(folder: string): boolean {
  return existsSync(join(folder, fileName))
}

/**
 * Whether the session file is one whose sessions opening it would end, as they are of an earlier version. Changes
 * nothing. Throws a StoreFault.
 */
export function isOfEarlierVersion(folder: string): boolean {
  const path = join(folder, fileName)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: limits.storeOpenMs })
    return isOfLabels(database)
  } catch (thrown) {
    throw toStoreFault(thrown, path)
  } finally {
    database?.close()
  }
}

/**
 * Opens `sessions.db` in the folder; makes both when they are not there, for this user alone (0700, 0600), and proves
 * that it can be written. Throws a StoreFault that says what is wrong with which file and what would be right.
 */
export function openSessionFile(folder: string): DatabaseFile {
  return openDatabaseFile(folder, fileName, prepareDatabase)
}

/** Proves that the database can be written now: changes nothing, but does what a change does. */
export function probe(database: DatabaseSync): void {
  database.exec('UPDATE removals SET count = count')
}

function prepareDatabase(database: DatabaseSync, path: string): void {
  database.exec(pragmas)
  database.exec('BEGIN IMMEDIATE')
  if (isEmpty(database)) {
    database.exec(`PRAGMA application_id = ${applicationId}; ${removalsTable} ${sessionTable}`)
    database.exec(`PRAGMA user_version = ${format}`)
  } else replaceFormatOfLabels(database)
  refuseForeign(database, path)
  addColumns(database)
  addLockColumns(database)
  database.exec(logoutsTable)
  database.exec(statesTable)
  database.exec(commandsTable)
  database.exec(servedTable)
  database.exec(formsTable)
  probe(database)
  database.exec(`COMMIT; PRAGMA busy_timeout = ${limits.storeBusyMs}`)
}

/** People sign in again, as their sessions do not say whose they are. */
function replaceFormatOfLabels(database: DatabaseSync): void {
  if (isOfLabels(database))
    database.exec(`DELETE FROM session; DROP TABLE session; ${sessionTable} PRAGMA user_version = ${format}`)
}

function isOfLabels(database: DatabaseSync): boolean {
  return (
    numberOf(database, 'application_id') === applicationId &&
    numberOf(database, 'user_version') === formatOfLabels
  )
}

function numberOf(database: DatabaseSync, pragma: 'application_id' | 'user_version'): unknown {
  return database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0
}

function refuseForeign(database: DatabaseSync, path: string): void {
  const found = numberOf(database, 'user_version')
  if (numberOf(database, 'application_id') !== applicationId) {
    const message = `${path} is a database of something else; move it away, or set "data" to another folder`
    throw new StoreFault('STORE_INVALID', message)
  }
  if (found === format) return
  const other = `${path} was written by another version of claimgate (format ${found}, this one reads ${format})`
  const message = `${other}; start that version, or move the file away: everyone then signs in again`
  throw new StoreFault('STORE_INVALID', message)
}
