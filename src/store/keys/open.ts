import type { ApiKeySettings } from '../../core/keys/api-key-settings.ts'
import type { KeyStore } from '../../core/keys/key-store.ts'
import type { KeyStoreContext } from './context.ts'
import { openRedisKeys } from './redis-keys.ts'
import { openKeyFile } from './sqlite-key-file.ts'
import { openSqliteKeys } from './sqlite-keys.ts'

/** The store of keys that the configuration names. Throws a StoreFault when it cannot be used, with what to do about it. */
export function openKeyStore(
  { store }: Pick<ApiKeySettings, 'store'>,
  dataFolder: string,
  context: KeyStoreContext,
): KeyStore {
  switch (store.kind) {
    case 'sqlite':
      return openSqliteKeys(openKeyFile(dataFolder), context.clock)
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return openRedisKeys(store, context)
  }
}
