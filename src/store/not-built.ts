import { StoreFault } from '../core/fault.ts'
import type { KeptFormStore, SessionStore } from '../core/ports.ts'

function notBuilt(): never {
  throw new StoreFault('STORE_INVALID', 'this store does not know it yet')
}

const forms: KeptFormStore = { keep: notBuilt, read: notBuilt, take: notBuilt }

/** What this store is yet to learn; nothing asks for it before. */
export const notBuiltYet: Pick<SessionStore, 'lock' | 'unlock' | 'renew' | 'forms'> = {
  lock: notBuilt,
  unlock: notBuilt,
  renew: notBuilt,
  forms,
}
