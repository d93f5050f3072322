import type { SessionStore } from '../../core/ports.ts'
import type { Provider } from '../../core/provider-port.ts'
import type { ClaimPath } from '../../core/rules/claims.ts'
import type { Lifetimes, Session, SessionKey } from '../../core/session/session.ts'
import type { LeaseParts } from './lease.ts'

/** What every renewal of the process needs. */
export interface RenewalParts extends LeaseParts {
  readonly store: Pick<SessionStore, 'load' | 'lock' | 'unlock' | 'renew'>
  /** Whether somebody asked to end the session here: then it is none, whatever the store says. */
  readonly isEnding: (key: SessionKey) => boolean
  /** Ends it here at once, and in the store as soon as that does it. Never rejects. */
  readonly end: (session: Session) => Promise<void>
  /** In the background. */
  readonly revoke: (session: Session) => void
}

/** Whom a renewal asks, by the edition in force. */
export interface Respondent {
  readonly provider: Provider
  /** See `Provider.renew`. */
  readonly usedClaims: readonly ClaimPath[]
  readonly lifetimes: Lifetimes
}
