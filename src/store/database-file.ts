import { chmodSync, closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorCode } from '../core/error-code.ts'
import { StoreFault } from '../core/fault.ts'
import { limits } from '../core/limits/table.ts'
import { type StoreName, toStoreFault } from './fault.ts'
import { makeFolder } from './folder.ts'

/** One opened session file. Whoever opened it closes the database. */
export interface DatabaseFile {
  readonly path: string
  readonly database: DatabaseSync
}

/**
 * Opens an SQLite file in the folder; makes both when they are not there, for this user alone (0700, 0600), and sees that
 * processes can share it. `prepare` makes its tables, or refuses what is there. Throws a
 * StoreFault that says what is wrong with which file and what would be right.
 */
export function openDatabaseFile(
  folder: string,
  fileName: string,
  prepare: (database: DatabaseSync, path: string) => void,
  name: StoreName = 'session store',
): DatabaseFile {
  const path = join(folder, fileName)
  prepareFile(folder, path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: limits.storeOpenMs })
    writeAhead(database, path)
    prepare(database, path)
    return { path, database }
  } catch (thrown) {
    database?.close()
    throw toStoreFault(thrown, path, name)
  }
}

function writeAhead(database: DatabaseSync, path: string): void {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode
  if (mode === 'wal') return
  const message = `${path} cannot be shared between processes there; set "data" to a folder on a local disk`
  throw new StoreFault('STORE_UNAVAILABLE', message)
}

/** SQLite gives its side files the mode and owner of this one, so it is made before SQLite would. */
function prepareFile(folder: string, path: string): void {
  try {
    makeFolder(folder)
    const file = openSync(path, 'a+', 0o600)
    const { mode } = fstatSync(file)
    closeSync(file)
    if ((mode & 0o077) !== 0) chmodSync(path, 0o600)
  } catch (thrown) {
    const code = errorCode(thrown) ?? 'unknown'
    throw new StoreFault(
      'STORE_UNAVAILABLE',
      `the data folder ${folder} cannot be used: ${advice(code)} (${code})`,
      thrown,
    )
  }
}

function advice(code: string): string {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'there is a file of that name; set "data" to a folder'
    case 'EACCES':
    case 'EPERM':
      return `user ${process.getuid?.() ?? 'of the gateway'} may not write there; give it the folder, or set "data" to another`
    case 'EROFS':
      return 'it is read-only; mount a writable volume there, or set "data" to another folder'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full; make room, or set "data" to a folder elsewhere'
    default:
      return 'set "data" to a folder that the gateway may write'
  }
}
