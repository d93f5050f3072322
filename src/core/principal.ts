import type { Claims } from './claims.ts'

/** Who this is, as rules and headers see it. `claims` lacks an e-mail that is not verified. */
export interface Principal {
  readonly user: string
  readonly provider: string
  readonly claims: Claims
}
