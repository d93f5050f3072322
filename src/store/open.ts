import { StoreFault } from '../core/fault.ts'
import type { SessionSettings } from '../core/gateway.ts'
import type { SessionStore } from '../core/ports.ts'
import type { SessionStoreSettings } from '../core/session-store-settings.ts'
import type { StoreContext } from './context.ts'
import { openMemoryStore } from './memory.ts'
import { openRedisStore } from './redis/store.ts'
import { SqliteStore } from './sqlite.ts'
import { openSessionFile } from './sqlite-file.ts'

/** The store that the configuration names. Throws a StoreFault when it cannot be used, with what to do about it. */
export function openStore(
  { store }: Pick<SessionSettings, 'store'>,
  dataFolder: string,
  context: StoreContext,
): SessionStore {
  switch (store.kind) {
    case 'memory':
      return openMemoryStore()
    case 'sqlite':
      return new SqliteStore(openSessionFile(dataFolder), context)
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return openRedisStore(store, context)
    case 'cookie':
      throw new StoreFault('STORE_UNAVAILABLE', `session.store: ${unbuiltStore(store)}`)
  }
}

/** Why no gateway can start with this store yet, in words for operators; null: it can. `check` says it too. */
export function unbuiltStore({ kind }: SessionStoreSettings): string | null {
  switch (kind) {
    case 'memory':
    case 'sqlite':
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return null
    case 'cookie':
      return 'sessions in cookies are not available yet: expected sqlite or memory'
  }
}
