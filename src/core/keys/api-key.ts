import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'

/** A key of ours, as it rests. Its secrets are hashes. */
export interface ApiKey {
  readonly id: string
  readonly prefix: string
  readonly name: string
  readonly owner: KeyOwner
  readonly claims: Claims
  /** Of a person's key: when the provider said its claims; of an operator's, when it was made. */
  readonly claimsAt: EpochSeconds
  /** Of a person's key: until the owner signs in again. */
  readonly asleep: boolean
  /** One; two while a rotation overlaps. */
  readonly secrets: readonly KeySecret[]
  readonly createdAt: EpochSeconds
  readonly expiresAt: EpochSeconds | null
  readonly revokedAt: EpochSeconds | null
  /** Names of apps; null: every app. */
  readonly apps: readonly string[] | null
  readonly methods: readonly string[] | null
  /** Addresses and networks in text; null: from anywhere. */
  readonly from: readonly string[] | null
  readonly origins: readonly string[]
}

/** An operator vouches for a name that an operator chose; a person is one of a provider. */
export type KeyOwner =
  | { readonly kind: 'operator'; readonly user: string }
  | {
      readonly kind: 'person'
      readonly issuer: string
      readonly clientId: string
      readonly user: string
    }

export interface KeySecret {
  /** SHA-256 of 256 random bits, base64url. */
  readonly hash: string
  /** Null: until the key ends. */
  readonly until: EpochSeconds | null
}
