import type { StoreContext } from '../context.ts'
import type { Changes } from './changes.ts'
import type { Confirmation } from './confirmation.ts'
import type { Keys } from './keys.ts'
import type { Servers } from './servers.ts'

/** What the parts of the store work with. */
export interface Parts {
  readonly servers: Servers
  readonly keys: Keys
  readonly context: StoreContext
  readonly changes: Changes
  readonly confirmation: Confirmation
  /** Random text, for marks. */
  readonly nonce: () => string
}

/**
 * How long records, indexes and marks are kept, in milliseconds, as an argument of a command: as long as any session may
 * last. When a session ends is judged by us; Redis only forgets what nobody can need any more.
 */
export function keptMs({ context }: Pick<Parts, 'context'>): string {
  return String((context.longestLifetimeSeconds() + graceSeconds) * 1000)
}

/** Clocks differ. */
const graceSeconds = 60
