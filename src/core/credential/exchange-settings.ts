import type { Secret } from '../secret.ts'

/** What a provider is asked for in the name of its customers: `exchange` of the file. */
export interface ExchangeSettings {
  /** For whose pairs; null: a pair of this provider is none here. */
  readonly pair: PairGrant | null
  /** The client for which refresh tokens are turned into access tokens; null: none are. */
  readonly refreshToken: { readonly clientId: string; readonly clientSecret: Secret | null } | null
  /** How long what a pair gave is believed. */
  readonly cacheSeconds: number
}

export type PairGrant =
  /** RFC 6749 section 4.4. */
  | {
      readonly kind: 'client_credentials'
      readonly scopes: readonly string[]
      readonly audience: string | null
    }
  /** `InitiateAuth` with `USER_PASSWORD_AUTH`. */
  | {
      readonly kind: 'cognito_password'
      readonly clientId: string
      readonly clientSecret: Secret | null
    }
