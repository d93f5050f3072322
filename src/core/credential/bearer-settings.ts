import type { ClaimPath } from '../rules/claims.ts'

/** Which access tokens of a provider count: `bearer` of the file. At least one audience or client id. */
export interface BearerSettings {
  /** One of them must be in `aud`. */
  readonly audiences: readonly string[]
  /** For tokens without `aud`: the client that it was made for is one of them. */
  readonly clientIds: readonly string[]
  readonly check: 'jwt' | 'introspection' | 'userinfo'
  readonly userId: ClaimPath
  /** Whether tokens count behind which nobody is. */
  readonly acceptClients: boolean
  readonly requiredScopes: readonly string[]
  /** How long an answer of introspection or userinfo is believed. */
  readonly cacheSeconds: number
  /** With `userinfo`: where it is told for whom a token was made; null: the preset knows. */
  readonly tokenInfo: { readonly url: string; readonly claim: ClaimPath } | null
}
