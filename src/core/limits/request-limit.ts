import type { ClaimPath } from '../rules/claims.ts'

/** So many in a window. A rate is forgotten with the process or the shared store, a quota survives both. */
export interface LimitAmount {
  readonly kind: 'rate' | 'quota'
  readonly count: number
  readonly windowSeconds: number
}

/** One entry of `limits`. */
export interface RequestLimit {
  /** As answers, logs and metrics call it. */
  readonly name: string
  readonly per: 'user' | 'key' | 'client_ip' | 'app' | { readonly claim: ClaimPath }
  readonly amount: LimitAmount | LimitsByClaim
}

/** By plan: the first value counts that the claim is or has. */
export interface LimitsByClaim {
  readonly claim: ClaimPath
  readonly is: readonly (readonly [value: string, amount: LimitAmount])[]
  readonly otherwise: LimitAmount
}
