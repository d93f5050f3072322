import type { Session, SessionTokens } from '../../core/session/session.ts'
import type { EndedWhy } from './event.ts'

/** What it came to that a session was to be renewed. */
export type Came =
  /** The provider answered, and the store has it. */
  | { readonly kind: 'renewed'; readonly session: Session }
  /** Somebody else had asked: this is what is in the store. */
  | { readonly kind: 'adopted'; readonly session: Session }
  /** The session is not there any more: signed out, revoked, expired. */
  | { readonly kind: 'gone' }
  /** It has ended by what the provider said, or did not say. */
  | {
      readonly kind: 'ended'
      readonly session: Session
      readonly why: EndedWhy
      readonly message: string
    }
  | Unanswered

/** Nothing is known. */
export interface Unanswered {
  readonly kind: 'unanswered'
  /** Null: another process asks, and has not written anything. */
  readonly thrown: unknown
  /** The record with which the provider was asked; null: it had not its chance. */
  readonly asked: Session | null
}

/** What makes a session end. */
export interface Verdict {
  readonly why: EndedWhy
  /** For operators; no credential is in it. */
  readonly message: string
  /** Those that came all the same, and that nobody keeps; null: none. */
  readonly tokens: SessionTokens | null
}
