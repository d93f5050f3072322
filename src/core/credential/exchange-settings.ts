import type { Secret } from '../secret.ts'

/** How customers' pairs and refresh tokens become access tokens at a provider: `exchange` of the file. */
export interface ExchangeSettings {
  /** Null: no pair counts. */
  readonly pair: PairExchange | null
  /** The client of the grant `refresh_token` at our token endpoint; null: there is no such grant. */
  readonly refreshToken: ExchangeClient | null
  /** How long a token is used before the provider is asked for the pair again. */
  readonly cacheSeconds: number
}

export type PairExchange =
  /** The pair is a client's (RFC 6749 4.4). */
  | {
      readonly kind: 'client_credentials'
      readonly scopes: readonly string[]
      readonly audience: string | null
    }
  /** The pair is a user's name and password in a user pool; the client is ours there. */
  | ({ readonly kind: 'cognito_password' } & ExchangeClient)

/** A client with which nobody signs in. */
export interface ExchangeClient {
  readonly clientId: string
  /** Null: it has none. */
  readonly clientSecret: Secret | null
}
