import type { Test } from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import { SqliteStore } from '../../src/store/sqlite.ts'
import { openSessionFile } from '../../src/store/sqlite-file.ts'
import { storeContext } from '../support/store-context.ts'

export function openSqlite(t: Test, folder: string = t.testdir()): SqliteStore {
  const file = openSessionFile(folder)
  // What is written is read back, and no power fails: the disk need not be waited for.
  file.database.exec('PRAGMA synchronous = OFF')
  const store = new SqliteStore(file, storeContext())
  t.teardown(() => store.close())
  return store
}

/** What a call threw or rejected with, as code and message. */
export async function faultOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'nothing'
  } catch (thrown) {
    return thrown instanceof StoreFault ? `${thrown.code}: ${thrown.message}` : `not a StoreFault: ${thrown}`
  }
}
