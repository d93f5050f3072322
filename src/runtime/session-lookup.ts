import type { Principal } from '../core/principal.ts'
import type { Sealed } from '../core/session/seal.ts'
import type { NoSession, Session } from '../core/session/session.ts'

/** What is found for a session's cookie. */
export type SessionLookup =
  | {
      readonly kind: 'live'
      readonly session: Session
      readonly principal: Principal
      /** To be set as the session cookie's new value: the browser's was sealed with an older secret. */
      readonly resealed: Sealed | null
      /** Where the session rests in the browser: what its cookie is to become with an answer that goes out now. */
      readonly renewal?: () => Sealed | null
    }
  | { readonly kind: 'none'; readonly why: NoSession }

export function none(why: NoSession): SessionLookup {
  return { kind: 'none', why }
}
