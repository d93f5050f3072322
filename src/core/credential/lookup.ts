import type { Principal } from '../principal.ts'
import type { EpochSeconds } from '../session/session.ts'

/** What became of a credential that a header carried and that was looked at. */
export type HeaderLookup =
  | {
      readonly kind: 'identified'
      readonly principal: Principal
      readonly scopes: readonly string[]
      /** By our clock; null: as long as nobody revokes it. */
      readonly endsAt: EpochSeconds | null
      /** Of a pair: the access token that the provider gave for it. For the app alone, never for a log. */
      readonly exchangedToken?: string
    }
  /** 401. `detail` is for the log and never holds the credential. */
  | { readonly kind: 'refused'; readonly why: CredentialRefusal; readonly detail: string | null }
  /** 403: it is good, and not for this. `scopes`: those that are wanted. */
  | {
      readonly kind: 'insufficient'
      readonly why: CredentialShortfall
      readonly scopes: readonly string[]
      readonly detail: string | null
    }
  /** 429: the network, or all together, sent too many that nobody knows. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }

/** Why a credential does not count. All but the first two are told of what the location accepts. */
export type CredentialRefusal =
  | 'credential-unknown'
  | 'credential-not-accepted'
  | 'token-invalid'
  | 'token-over'
  | 'token-not-for-us'
  | 'key-invalid'
  | 'key-over'
  | 'key-revoked'
  | 'key-asleep'
  | 'key-not-for-app'
  | 'pair-invalid'
  | 'token-wrong-origin'

export type CredentialShortfall = 'scope-insufficient' | 'key-restricted'
