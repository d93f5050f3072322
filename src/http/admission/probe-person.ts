import { type CredentialIdentity, isHeaderCredential } from '../../core/credential/credential.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { ShortToken } from '../../core/keys/short-token.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { Subject } from '../../core/rules/requirement.ts'

/** Somebody of a request that nobody sent. */
export interface Person {
  /** Of a key that an operator made `api_keys`. */
  readonly provider: string
  readonly claims: Claims
  /** Granted ones; absent: those that the provider is asked for at every sign-in. */
  readonly scopes?: readonly string[]
  /** How old `auth_time` is, in its place. */
  readonly authAgeSeconds?: number
  /** The credential that somebody comes by; absent: a session. By a certificate `claims` are those of it. */
  readonly by?: CredentialIdentity
  /** The key as it rests, which says all the rest of it; absent: one with these claims, and without a restriction. */
  readonly key?: ApiKey
  /** The token as it was read; absent: one with these claims, and what else the provider’s settings ask for. */
  readonly token?: AccessTokenReading
  /** A token of ours as it was opened, beside its key; absent: none. */
  readonly shortToken?: ShortToken
  /** Of a widget: the origin of the page that its token was given for; absent: whichever page asks. */
  readonly origin?: string
}

/** Whom a rule is judged for. */
export function subjectOf({ provider, claims, by }: Person): Subject {
  return { kind: 'person', provider, claims, ...(by === undefined ? {} : { by }) }
}

/** Whether somebody comes by what a header carries: a token, a key or a pair. */
export function comesByHeader({ by, key }: Person): boolean {
  return key !== undefined || (by !== undefined && isHeaderCredential(by.kind))
}
