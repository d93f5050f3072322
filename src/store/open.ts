import type { SessionSettings } from '../core/gateway.ts'
import type { SessionStore } from '../core/ports.ts'
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
      return openMemoryStore(context.clock)
    // Sessions rest in the browser: what is kept here are states of sign-ins, in this process alone.
    case 'cookie':
      return openMemoryStore(context.clock)
    case 'sqlite':
      return new SqliteStore(openSessionFile(dataFolder), context)
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return openRedisStore(store, context)
  }
}
