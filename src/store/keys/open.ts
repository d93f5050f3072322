import type { ApiKeySettings } from '../../core/keys/api-key-settings.ts'
import type { KeyStore } from '../../core/keys/key-store.ts'
import type { StoreContext } from '../context.ts'
import { openKeyFile } from './sqlite-key-file.ts'
import { openSqliteKeys } from './sqlite-keys.ts'

/** What a store of keys needs of the gateway that it serves. `seal` is that of `api_keys.secret`. */
export type KeyStoreContext = Pick<StoreContext, 'clock' | 'seal' | 'report'>

/** The store of keys that the configuration names. Throws a StoreFault when it cannot be used, with what to do about it. */
export function openKeyStore(
  { store }: Pick<ApiKeySettings, 'store'>,
  dataFolder: string,
  { clock }: KeyStoreContext,
): KeyStore {
  switch (store.kind) {
    case 'sqlite':
      return openSqliteKeys(openKeyFile(dataFolder), clock)
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      throw new Error('a shared store of keys is not available yet')
  }
}
