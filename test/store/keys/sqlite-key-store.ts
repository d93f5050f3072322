import type { Test } from 'tap'
import type { KeyStore } from '../../../src/core/keys/key-store.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { openKeyFile } from '../../../src/store/keys/sqlite-key-file.ts'
import { openSqliteKeys } from '../../../src/store/keys/sqlite-keys.ts'

export function openKeys(t: Pick<Test, 'teardown'>, folder: string): KeyStore {
  const file = openKeyFile(folder)
  // What is written is read back, and no power fails: the disk need not be waited for.
  file.database.exec('PRAGMA synchronous = OFF')
  const store = openSqliteKeys(file, systemClock)
  t.teardown(() => store.close())
  return store
}
