import type { BearerSettings } from './credential/bearer-settings.ts'
import type { ExchangeSettings } from './credential/exchange-settings.ts'
import type { Preset } from './preset.ts'
import type { ClaimPath } from './rules/claims.ts'
import type { Secret } from './secret.ts'

/** One OpenID Connect provider, as the configuration describes it. */
export interface ProviderSettings {
  readonly name: string
  readonly issuer: string
  /** Whether people sign in with it. Without a client of ours `clientId` is empty. */
  readonly signsIn: boolean
  readonly clientId: string
  readonly clientSecret: Secret | null
  /** Null: `client_secret_basic` unless the metadata lacks it, then `client_secret_post`. */
  readonly authMethod: TokenEndpointAuthMethod | null
  /** PEM or JWK text for private_key_jwt. */
  readonly clientKey: Secret | null
  readonly clientKeyId: string | null
  readonly clientAssertionAlg: string | null
  readonly clientCertificate: { readonly certificate: string; readonly key: Secret } | null
  readonly scopes: readonly string[]
  /** Whether `scopes` was written: then nothing is added for a refresh token. */
  readonly scopesWritten: boolean
  readonly responseMode: 'query' | 'form_post'
  /** Every answer must bear `iss`, whatever the metadata says (RFC 9207). */
  readonly responseIssRequired: boolean
  readonly preset: Preset
  /** What the chooser and the pages call it. */
  readonly label: string
  /**
   * Where its people's names are, for pages and lists: the first that is there. Empty: they are called by their user
   * id.
   */
  readonly displayName: readonly ClaimPath[]
  /** A built-in icon's name, or a data: URL of a local file. */
  readonly icon: string | null
  readonly authorizationParameters: ReadonlyMap<string, string>
  /** Parameters of `/.auth/login` that its authorization request repeats. */
  readonly passParameters: readonly string[]
  /** Where its metadata is, when that is not below its issuer; null: there. */
  readonly metadataUrl: string | null
  /** Where the gateway reaches a provider whose public address differs; null: at its issuer. */
  readonly internalUrl: string | null
  readonly ca: string | null
  /** Null: those of ours that the metadata offers. `HS256` stands alone, beside a client secret. */
  readonly signingAlgorithms: readonly string[] | null
  /** Parties that an ID token may be for beside us. Empty: none was written. */
  readonly extraAudiences: readonly string[]
  readonly claimsFrom: readonly ('id_token' | 'userinfo')[]
  /** Whether `claims_from` was written: userinfo may be skipped quietly only when it was not. */
  readonly claimsFromWritten: boolean
  readonly userId: ClaimPath
  readonly userIdPrefix: string
  /** Prefixes of the other providers that share an app with this one: an id beginning so fails the sign-in. */
  readonly foreignPrefixes: readonly string[]
  readonly trustEmail: boolean
  /** How often it is asked again for a session that is used; null: never. */
  readonly recheck: RecheckSettings | null
  /** Which of its access tokens count; null: none. */
  readonly bearer: BearerSettings | null
  /** How pairs of customers become such tokens; null: no pair of its counts. */
  readonly exchange: ExchangeSettings | null
  /** Where its keys are, for a provider without metadata; null: as the metadata says. */
  readonly jwksUri: string | null
  readonly allowInsecureHttp: boolean
}

export interface RecheckSettings {
  readonly everySeconds: number
  /** How long a session goes on while it does not answer; null: to its end. */
  readonly unansweredSeconds: number | null
}

export type TokenEndpointAuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'none'
