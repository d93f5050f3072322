import type { ClaimPath } from '../rules/claims.ts'

/** So many in a window. */
export interface LimitAmount {
  /**
   * A rate begins with its first request and is forgotten with the process, or with the shared store. Windows of a quota
   * lie end to end from 1970 on, in UTC, and a quota survives a restart.
   */
  readonly kind: 'rate' | 'quota'
  /** At least one. */
  readonly count: number
  readonly windowSeconds: number
}

/** One entry of `limits`. */
export interface RequestLimit {
  /** As answers, logs and metrics call it: as written, or made of the rest. Each once in a list. */
  readonly name: string
  /** The label of the location that has a list of its own; null: the app's list, which all others of it share. */
  readonly location: string | null
  readonly per: LimitSubject
  readonly amount: LimitAmount | LimitsByClaim
}

/** What is counted together. */
export type LimitSubject = 'user' | 'key' | 'client_ip' | 'app' | { readonly claim: ClaimPath }

/** By plan: the first value counts that the claim is or has. */
export interface LimitsByClaim {
  readonly claim: ClaimPath
  readonly is: readonly (readonly [value: string, amount: LimitAmount])[]
  readonly otherwise: LimitAmount
}

/** Whether the same requests draw from the same counters. */
export function areSameLimits(some: readonly RequestLimit[], others: readonly RequestLimit[]): boolean {
  return (
    some === others || (some.length === others.length && some.every((one, at) => isSame(one, others[at])))
  )
}

/** Names are made of all else, or written once in a list: of one list there is one of a name. */
function isSame(one: RequestLimit, other: RequestLimit | undefined): boolean {
  return other !== undefined && one.name === other.name && one.location === other.location
}

/** As one would write it: `90s`, `1m`, `1d`. */
export function windowText(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`
  if (seconds % 3600 === 0) return `${seconds / 3600}h`
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}
