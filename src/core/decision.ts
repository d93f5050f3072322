import type { HeaderCredential } from './credential/credential.ts'
import type { CredentialRefusal, CredentialShortfall } from './credential/lookup.ts'
import type { Principal } from './principal.ts'
import type { NoSession } from './session/session.ts'
import type { StepUp } from './step-up.ts'

/** The verdict on one request: a value, never an effect. A `switch` over it has no default. */
export type Decision =
  | { readonly kind: 'allow'; readonly reason: AllowReason; readonly principal: Principal | null }
  | {
      readonly kind: 'challenge'
      /** `redirect`: a navigation is sent to sign in; `unauthorized`: 401. */
      readonly how: 'redirect' | 'unauthorized'
      readonly reason: ChallengeReason
      /** Providers with which the rule could be met, in the file's order. */
      readonly providers: readonly string[]
      /** What the sign-in has to bring beyond being one; null: nothing. */
      readonly stepUp: StepUp | null
      /** The header credential that does not count, or not enough; absent: none was sent that could. */
      readonly presented?: HeaderCredential
    }
  | {
      readonly kind: 'deny'
      readonly reason: DenyReason
      readonly principal: Principal | null
      /** Of `scope-insufficient`: those that the token needs. */
      readonly scopes?: readonly string[]
    }
  | {
      readonly kind: 'reject'
      readonly status: RejectStatus
      readonly reason: RejectReason
      /** For 405: the value of `Allow`. */
      readonly allow?: readonly string[]
      /** For 429. */
      readonly retryAfterSeconds?: number
      /** Of `limit-exceeded`: the limit's name. */
      readonly limit?: string
    }

/** One that a sign-in could change. */
export type Challenge = Extract<Decision, { kind: 'challenge' }>

export type RejectStatus = 400 | 404 | 405 | 413 | 417 | 421 | 426 | 429 | 431 | 505

export type AllowReason = 'open-to-anyone' | 'maybe-signed-in' | 'rule-met' | 'preflight' | 'gateway-address'

export type ChallengeReason =
  | NoSession
  | CredentialRefusal
  | 'no-credential'
  | 'other-provider-needed'
  | 'step-up-needed'
  | 'token-expired'

export type DenyReason =
  | 'rule-not-met'
  | 'step-up-not-met'
  | 'nobody-allowed'
  | 'no-location'
  | 'client-address'
  | 'client-certificate'
  | 'identity-unsendable'
  | 'insecure-scheme'
  | 'websocket-origin'
  | 'destination-not-allowed'
  | 'cross-site'
  | CredentialShortfall
  | 'undecided'

export type RejectReason =
  | TargetReason
  | QueryReason
  | 'host-invalid'
  | 'host-unknown'
  | 'host-not-of-handshake'
  | 'app-unknown'
  | 'address-unknown'
  | 'method-not-allowed'
  | 'destination-invalid'
  | 'body-too-large'
  | 'expectation-unknown'
  | 'websocket-disabled'
  | 'websocket-invalid'
  | 'websocket-limit'
  | 'upgrade-unknown'
  | 'connection-options'
  | 'content-type-ambiguous'
  | 'too-many-headers'
  | 'headers-too-large'
  | 'http-version'
  | 'credentials-ambiguous'
  | 'too-many-unknown'
  | 'limit-exceeded'
  | 'token-request-invalid'

/** Why the query of a request is refused at an app whose requests are signed; 400 each. */
export type QueryReason = 'query-undecodable' | 'query-reserved'

/** Why a request target is refused; 400 each. */
export type TargetReason =
  | 'target-form'
  | 'target-length'
  | 'target-character'
  | 'target-escape'
  | 'target-control'
  | 'target-utf8'
  | 'target-dot-segment'
  | 'target-empty-segment'
  | 'target-encoded-slash'
  | 'target-encoded-backslash'
  | 'target-encoded-hash'
  | 'target-encoded-question-mark'
  | 'target-encoded-semicolon'
  | 'target-double-encoding'
  | 'target-ambiguous'
  | 'target-case'

/** One condition of a rule held against one principal: the log line of a refusal and `explain` print it. */
export interface ConditionRow {
  /** Where it stands in the rule, for people: `organization_id`, `any[1].groups`, `policy staff: groups`. */
  readonly where: string
  /** `one of admins, ops`. */
  readonly expected: string
  /** What was found, shortened: `"00D…EAA" (18 characters)`, `missing`. */
  readonly actual: string
  readonly truth: boolean | 'unknown'
  /** False below `none`, where a condition keeps out by being true, and lets in only by being false. */
  readonly wanted: boolean
  /** Whether it is (part of) why the whole rule is not met. */
  readonly blocks: boolean
}
