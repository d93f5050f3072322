import type { Session } from '../../core/session/session.ts'

/** What is to be believed of a session now. */
export type RenewalOutcome =
  /** What rests in the store. */
  | { readonly kind: 'live'; readonly session: Session }
  | {
      readonly kind: 'ended'
      readonly why: 'session-ended-by-provider' | 'session-recheck-due' | 'session-ended'
    }
  /** Nothing new is known: the session goes on as it is. */
  | { readonly kind: 'unanswered' }

/** What of a session says whom to ask for it again, and when. */
export type RenewableSession = Pick<Session, 'key' | 'origin' | 'issuer' | 'clientId' | 'checkedAt'>
