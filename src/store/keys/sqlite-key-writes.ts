import { statSync } from 'node:fs'
import { StoreFault } from '../../core/fault.ts'
import type { DatabaseFile } from '../database-file.ts'
import { transaction } from '../removal.ts'
import type { SqliteAccess } from '../sqlite-access.ts'
import type { SqliteKeyChanges } from './sqlite-key-changes.ts'
import type { KeyStatements } from './sqlite-key-statements.ts'

/** Steps that change the file of keys. */
export interface SqliteKeyWrites {
  /** Throws a StoreFault where the file is gone: what it says that was removed, no command could revoke. */
  refuseRemoved(): void
  /** One step, on the disk before it answers; who listens here hears of what it says that it `changed` at once. */
  write<T>(work: (changed: (id: string) => void) => T): Promise<T>
}

interface KeyFile {
  readonly access: SqliteAccess
  readonly statements: Pick<KeyStatements, 'changed' | 'trim'>
  readonly changes: Pick<SqliteKeyChanges, 'tell'>
}

export function createSqliteKeyWrites(
  { database, path }: DatabaseFile,
  { access, statements, changes }: KeyFile,
): SqliteKeyWrites {
  const inode = statSync(path).ino

  function refuseRemoved(): void {
    if (access.read(() => statSync(path, { throwIfNoEntry: false }))?.ino === inode) return
    const message = `${path} was removed or replaced while the gateway runs; restart it`
    throw new StoreFault('STORE_INVALID', message)
  }

  async function write<T>(work: (changed: (id: string) => void) => T): Promise<T> {
    refuseRemoved()
    const ids = new Set<string>()
    const step = (): T => {
      ids.clear()
      return transaction(database, () => {
        const result = work((id) => {
          ids.add(id)
          statements.changed.run(id)
        })
        if (ids.size > 0) statements.trim.run()
        return result
      })
    }
    const result = await access.write(step)
    if (ids.size > 0) changes.tell({ kind: 'keys', ids: [...ids] })
    return result
  }

  return { refuseRemoved, write }
}
