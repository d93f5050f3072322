import type { SigningKey } from '../core/assertion/settings.ts'
import type { Gateway } from '../core/gateway.ts'
import type { FailureCount } from '../core/limits/failures.ts'
import type { HeldBytes } from '../core/limits/held-bytes.ts'
import type { LogoutChecks } from '../core/limits/logout-checks.ts'
import type { Clock, Provider, SessionStore, Upstreams } from '../core/ports.ts'
import type { KeyRing, Random } from '../core/session/seal.ts'
import type { Assertions } from './assertions.ts'
import type { CredentialWatch } from './credential-watch.ts'
import type { ExchangedPairs } from './exchanged-pairs.ts'
import type { HeaderCredentials } from './header-credentials.ts'
import type { Keys } from './keys/keys.ts'
import type { ShortTokens } from './keys/short-tokens.ts'
import type { ProviderTokens } from './provider-tokens.ts'
import type { Renewals } from './renewals/renewals.ts'
import type { RequestLimits } from './request-limits/request-limits.ts'
import type { Sessions } from './sessions.ts'
import type { SpentStates } from './spent-states.ts'

/** One assembled edition of the gateway: the frozen model and everything alive that serves it. */
export interface Runtime {
  /** Counts loaded configurations of this process, from 1. */
  readonly edition: number
  /** Tells this process from others of the same configuration; drawn at its start. */
  readonly instance: string
  readonly gateway: Gateway
  readonly clock: Clock
  readonly random: Random
  readonly ring: KeyRing
  readonly store: SessionStore
  readonly sessions: Sessions
  /** Providers that are asked again for sessions. */
  readonly renewals: Renewals
  readonly providers: ReadonlyMap<string, Provider>
  /** Who verifies tokens and keys that headers carry. */
  readonly credentials: HeaderCredentials
  /** Customers' pairs and refresh tokens at providers with `exchange`. */
  readonly exchangedPairs: ExchangedPairs
  /** Judges long connections again that tokens and keys opened. */
  readonly credentialWatch: CredentialWatch
  readonly upstreams: Upstreams
  /** What apps are told of people in signed statements. */
  readonly assertions: Assertions
  /** Keys that sign them; the first does. Empty where nothing is signed. */
  readonly signingKeys: readonly SigningKey[]
  /** Bodies that are held until they are sent: all editions count in one place. */
  readonly heldBytes: HeldBytes
  /** States whose callback was seen: an authorization response is used once. */
  readonly spentStates: SpentStates
  /** Callbacks that failed at a provider, by network: `nowMs` is of the monotonic clock. */
  readonly signInFailures: FailureCount
  /** Tokens and keys in headers that were wrong, by network; the same clock. */
  readonly credentialFailures: FailureCount
  /** Keys of customers; null: the configuration has none. */
  readonly keys: Keys | null
  /** Short tokens of ours: who gives them, and who verifies them. */
  readonly shortTokens: ShortTokens
  /** Tokens of providers for their customers' pairs and refresh tokens. */
  readonly providerTokens: ProviderTokens
  /** How often logout tokens and front-channel logouts are looked at, by network. */
  readonly logoutChecks: LogoutChecks
  /** `limits` of locations. */
  readonly requestLimits: RequestLimits
  /** Keys the hashes by which the log names people and sessions: see log-key. */
  readonly logKey: string
}
