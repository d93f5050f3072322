import type { Clock } from '../core/ports.ts'
import type { RecordSeal } from '../core/session/record-seal.ts'

/** What a store needs of the gateway that it serves. */
export interface StoreContext {
  readonly clock: Clock
  readonly seal: RecordSeal
  /** The longest `max_lifetime` of any origin in force: so long marks of revocations stay. */
  readonly longestLifetimeSeconds: () => number
  /** Hears of faults that stop nothing: a look that was not answered, a revocation that no replica confirmed. */
  readonly report: (thrown: unknown) => void
}
