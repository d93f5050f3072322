import type { Principal } from '../principal.ts'
import type { HeaderCredential } from './credential.ts'
import type { CredentialRefusal, CredentialShortfall } from './lookup.ts'

/** What the token endpoint gives for a key's pair, a provider's pair or a refresh token. */
export type TokenGrant =
  | GrantedToken
  | RefusedToken
  /** 429: the network sent too many that are wrong. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }

/** RFC 6749 section 5.1. */
export interface GrantedToken {
  readonly kind: 'granted'
  readonly accessToken: string
  /** Null: nobody knows. */
  readonly expiresInSeconds: number | null
  /** Null: nothing is said of them. */
  readonly scopes: readonly string[] | null
  readonly refreshToken: string | null
  readonly by: TokenAsker
}

/** RFC 6749 section 5.2. */
export interface RefusedToken {
  readonly kind: 'refused'
  readonly error: TokenError
  /** One fixed sentence for whoever asked, in the characters of `error_description`: no quotes, nothing that was sent. */
  readonly says: string
  readonly why: TokenRefusal
  /** For the log; never holds the secret. */
  readonly detail: string | null
  readonly by: TokenAsker | null
}

export type TokenError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'

/** What the access line says of a refusal. */
export type TokenRefusal = CredentialRefusal | CredentialShortfall | 'token-request-invalid'

/** Who asked, as far as that was found out: for the access line. */
export interface TokenAsker {
  /** What was asked with, or what the token opens by. */
  readonly credential: HeaderCredential
  /** Null: not known, or not told. */
  readonly principal: Principal | null
}

/** A request that nothing was looked up for. */
export function invalidRequest(
  error: Exclude<TokenError, 'invalid_client'>,
  says: string,
  by: TokenAsker | null = null,
): RefusedToken {
  return { kind: 'refused', error, says, why: 'token-request-invalid', detail: says, by }
}
