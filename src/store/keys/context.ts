import type { StoreContext } from '../context.ts'

/** What a store of keys needs of the gateway that it serves. `seal` is that of `api_keys.secret`. */
export type KeyStoreContext = Pick<StoreContext, 'clock' | 'seal' | 'report'>
