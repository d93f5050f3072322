import type { ClaimPath } from '../rules/claims.ts'
import type { Requirement } from '../rules/requirement.ts'
import type { Secret } from '../secret.ts'
import type { RedisSettings } from '../session-store-settings.ts'
import type { ApiKey } from './api-key.ts'

/** How our keys look: by it what a header carries is told to be ours, before anything is looked up. */
export interface KeyForms {
  /** The first makes new keys; all are ours. */
  readonly prefixes: readonly string[]
  /** The name of the header beside `Authorization`, as written. */
  readonly header: string
}

/** `api_keys` of the file. */
export interface ApiKeySettings extends KeyForms {
  readonly store: { readonly kind: 'sqlite' } | RedisSettings
  /** Seal records in a shared store, and short tokens; the first seals. */
  readonly secrets: readonly Secret[]
  /** Those that stand in the file. */
  readonly keys: readonly ApiKey[]
  readonly claimsMaxAgeSeconds: number
  /** How long a short token lives at most. */
  readonly tokenLifetimeSeconds: number
  /** Of the user ids of operators' keys. */
  readonly userIdPrefix: string
  /** What of a key's claims a token for a widget has. */
  readonly widgetClaims: readonly ClaimPath[]
  /** Null: only operators have keys made. */
  readonly selfService: SelfServiceSettings | null
}

/** Whose keys are people's own. */
export interface SelfServiceSettings {
  /** The one origin at which they are made: `https://portal.example.com`. */
  readonly at: string
  /** Those with which people sign in there. */
  readonly providers: readonly string[]
  /** Judged over the key's claims at every use. */
  readonly require: Requirement
  /** Copied from the person. */
  readonly claims: readonly ClaimPath[]
  readonly maxKeys: number
  /** Whether people name origins for widgets of their keys. Without it a person's key has none. */
  readonly origins: boolean
  /** Null: without end. */
  readonly lifetimeSeconds: number | null
}
