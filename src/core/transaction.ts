import type { EpochSeconds } from './session.ts'

/** One sign-in under way, sealed into a short-lived cookie of the browser that began it. */
export interface Transaction {
  readonly version: 1
  readonly provider: string
  readonly origin: string
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly codeVerifier: string
  readonly returnTo: string
  readonly startedAt: EpochSeconds
  /** Whether a rule asked for this sign-in (then a refusal at `returnTo` must not ask again). */
  readonly askedByRule: boolean
}
