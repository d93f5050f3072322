import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'

/** What a verified access token says; never that it may come in. */
export interface AccessToken {
  readonly claims: Claims
  /** Null: it names none. */
  readonly subject: string | null
  /** Null: it has no `aud`. */
  readonly audiences: readonly string[] | null
  /** The client that it was made for: `client_id`, `azp`, `appid` or `cid`; null: it names none. */
  readonly clientId: string | null
  readonly scopes: readonly string[]
  /** By the provider's clock; null: it does not say. */
  readonly endsAt: EpochSeconds | null
  /** `x5t#S256` of the certificate that it is bound to (RFC 8705 section 3); null: to none. */
  readonly certificate: string | null
}
