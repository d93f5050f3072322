import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StoreFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import { type DatabaseFile, openDatabaseFile } from '../database-file.ts'

/** A file of its own: whoever backs up keys need not back up sessions, and whoever deletes sessions deletes no key. */
const fileName = 'keys.db'
/** "clmk": tells it from our session file and from any other database. */
const applicationId = 0x636c6d6b
/** Of the tables. A key's own record has a format number besides: see core/keys/api-key-record. */
const format = 1

const pragmas = `
  PRAGMA temp_store = MEMORY;
  PRAGMA secure_delete = ON;
  PRAGMA synchronous = FULL; -- a key that was revoked stays revoked after a power cut
  PRAGMA journal_size_limit = 16777216;
`

const tables = `
  CREATE TABLE api_key (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order in which they were made
    id TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    user TEXT NOT NULL,
    issuer TEXT, -- null, as the next: an operator's
    client_id TEXT,
    ended_at INTEGER, -- when it is over or was revoked; null: neither
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX api_key_by_user ON api_key (user, issuer, client_id);
  CREATE INDEX api_key_by_end ON api_key (ended_at) WHERE ended_at IS NOT NULL;
  -- What was made or changed: other processes read it to know what they cached is old.
  CREATE TABLE key_change (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL) STRICT;
  -- Also of keys that stand in the configuration.
  CREATE TABLE key_use (
    id TEXT NOT NULL,
    day TEXT NOT NULL, -- 2026-11-29, in UTC
    count INTEGER NOT NULL,
    PRIMARY KEY (id, day)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE key_last_use (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    network TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/** Where keys are, or would be. */
export function keyFilePath(folder: string): string {
  return join(folder, fileName)
}

/** Whether there are keys in the folder. */
export function hasKeyFile(folder: string): boolean {
  return existsSync(keyFilePath(folder))
}

/**
 * Opens `keys.db` in the folder; makes both when they are not there, for this user alone, and proves that it can be
 * written. Throws a StoreFault that says what is wrong with which file and what would be right.
 */
export function openKeyFile(folder: string): DatabaseFile {
  return openDatabaseFile(folder, fileName, prepareDatabase, 'key store')
}

/** Proves that the database can be written now: changes nothing, but does what a change does. */
export function probeKeys(database: DatabaseSync): void {
  database.exec('UPDATE key_change SET id = id WHERE seq = -1')
}

function prepareDatabase(database: DatabaseSync, path: string): void {
  database.exec(pragmas)
  database.exec('BEGIN IMMEDIATE')
  if (database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${format}; ${tables}`)
  refuseForeign(database, path)
  probeKeys(database)
  database.exec(`COMMIT; PRAGMA busy_timeout = ${limits.storeBusyMs}`)
}

function refuseForeign(database: DatabaseSync, path: string): void {
  const number = (pragma: 'application_id' | 'user_version'): unknown =>
    database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]
  if (number('application_id') !== applicationId) {
    const message = `${path} is a database of something else; move it away, or set "data" to another folder`
    throw new StoreFault('STORE_INVALID', message)
  }
  const found = number('user_version')
  if (found === format) return
  const other = `${path} was written by another version of claimgate (format ${found}, this one reads ${format})`
  throw new StoreFault(
    'STORE_INVALID',
    `${other}; start that version: the keys of customers are in this file`,
  )
}
