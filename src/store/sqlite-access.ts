import type { Awaitable } from '../core/ports.ts'
import type { DatabaseFile } from './database-file.ts'
import { isBusy, type StoreName, toStoreFault } from './fault.ts'
import { transaction } from './removal.ts'

/** How the file is read and written: what SQLite throws becomes a StoreFault, and a lock of others is waited for. */
export interface SqliteAccess {
  read<T>(work: () => T): T
  /** Asked again, without blocking anyone meanwhile, while another process holds the lock. */
  write<T>(work: () => T): Awaitable<T>
  /** One transaction, and no wait for the disk. For use in `write`. */
  unhurried<T>(work: () => T): T
}

/** When another process holds the lock: asked again so often. */
const busyRetries = 20
const busyDelayMs = 50

export function createSqliteAccess({ database, path }: DatabaseFile, name?: StoreName): SqliteAccess {
  async function retry<T>(work: () => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, busyDelayMs))
      try {
        return work()
      } catch (thrown) {
        if (!isBusy(thrown) || attempt >= busyRetries) throw toStoreFault(thrown, path, name)
      }
    }
  }

  return {
    read(work) {
      try {
        return work()
      } catch (thrown) {
        throw toStoreFault(thrown, path, name)
      }
    },
    write(work) {
      try {
        return work()
      } catch (thrown) {
        if (!isBusy(thrown)) throw toStoreFault(thrown, path, name)
        return retry(work)
      }
    },
    unhurried(work) {
      database.exec('PRAGMA synchronous = NORMAL')
      try {
        return transaction(database, work)
      } finally {
        database.exec('PRAGMA synchronous = FULL')
      }
    },
  }
}
