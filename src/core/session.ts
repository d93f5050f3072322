import type { Claims } from './claims.ts'

/** Seconds since 1970, whole. */
export type EpochSeconds = number

/** What remains after a sign-in. The store keeps it under the hash of the id that the cookie carries. */
export interface Session {
  /** SHA-256 of the id, base64url: what the store knows; the id itself is in the cookie alone. */
  readonly key: SessionKey
  /** The origin whose session this is; at any other it is none. */
  readonly origin: string
  readonly provider: string
  /** The provider's `user_id`, with its prefix. */
  readonly user: string
  /** Merged from ID token and userinfo as the provider sent them. */
  readonly claims: Claims
  /** For sign-out at the provider (`id_token_hint`). */
  readonly idToken: string
  readonly signedInAt: EpochSeconds
  /** Last request, written back rarely: see `touchDue`. */
  readonly lastSeenAt: EpochSeconds
  /** The sign-in that brought it: which page asked, and a hash of its state (a callback that comes twice). */
  readonly signIn: { readonly stateHash: string; readonly returnTo: string; readonly askedByRule: boolean }
}

export type SessionKey = string

/** Why there is no session. */
export type NoSession =
  | 'no-session'
  | 'session-ambiguous'
  | 'session-unreadable'
  | 'session-ended'
  | 'session-expired'
  | 'session-idle'
  | 'session-provider-gone'
