import type { SessionSettings } from '../core/gateway.ts'
import type { SessionStore } from '../core/ports.ts'
import { openMemoryStore } from './memory.ts'
import { SqliteStore } from './sqlite.ts'
import { openSessionFile } from './sqlite-file.ts'

/** The store that the configuration names. Throws a StoreFault when it cannot be used, with what to do about it. */
export function openStore(settings: Pick<SessionSettings, 'store'>, dataFolder: string): SessionStore {
  switch (settings.store) {
    case 'memory':
      return openMemoryStore()
    case 'sqlite':
      return new SqliteStore(openSessionFile(dataFolder))
  }
}
