import type { AnyFault } from '../../core/fault.ts'
import type { Renewal } from '../../core/provider-port.ts'
import type { Session } from '../../core/session/session.ts'

/** Why a session ended as its provider was asked again; in the log. */
export type EndedWhy =
  | Extract<Renewal, { kind: 'ended' }>['why']
  /** The same subject is called otherwise now: its user id is another one's. */
  | 'user-differs'
  | 'insufficient'
  | 'unanswered'
  /** The provider has put a new refresh token in place of the one that is kept, and the store did not take it. */
  | 'not-stored'

/** What becomes of asking again, for the log and the metrics. */
export type RenewalEvent =
  | { readonly kind: 'renewed'; readonly provider: string; readonly session: Session; readonly ms: number }
  | {
      readonly kind: 'ended'
      readonly provider: string
      readonly session: Session
      readonly why: EndedWhy
      /** For operators; no credential is in it. */
      readonly message: string
    }
  /** Nothing ends by it yet. */
  | { readonly kind: 'unanswered'; readonly provider: string; readonly fault: AnyFault }
  | { readonly kind: 'not-revoked'; readonly provider: string; readonly fault: AnyFault }
