import type { CredentialIdentity } from '../../core/credential/credential.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
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
  /** The header credential that somebody comes by; absent: a session. */
  readonly by?: CredentialIdentity
  /** The key as it rests, which says all the rest of it; absent: one with these claims, and without a restriction. */
  readonly key?: ApiKey
  /** The token as it was read; absent: one with these claims, and what else the provider’s settings ask for. */
  readonly token?: AccessTokenReading
}

/** Whom a rule is judged for. */
export function subjectOf({ provider, claims, by }: Person): Subject {
  return { kind: 'person', provider, claims, ...(by === undefined ? {} : { by }) }
}

/** Whether somebody comes by a token or a key. */
export function comesByHeader({ by, key }: Person): boolean {
  return by !== undefined || key !== undefined
}
