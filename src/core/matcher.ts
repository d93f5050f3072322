import type { Json } from './claims.ts'

/** A regular expression of linear time that must match the whole value. */
export interface WholeMatch {
  readonly source: string
  readonly test: (value: string) => boolean
}

/** One test of one element of a claim. Lists mean: one of. */
export type ElementTest =
  | { readonly kind: 'is'; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: 'matches'; readonly patterns: readonly WholeMatch[] }
  | { readonly kind: 'starts_with'; readonly values: readonly string[] }
  | { readonly kind: 'ends_with'; readonly values: readonly string[] }
  | { readonly kind: 'has_word'; readonly values: readonly string[] }
  | { readonly kind: 'domain'; readonly values: readonly string[] }
  | { readonly kind: 'at_least'; readonly value: number }
  | { readonly kind: 'at_most'; readonly value: number }
  | {
      readonly kind: 'has'
      readonly entries: readonly { readonly path: string; readonly matcher: Matcher }[]
    }

/** What a claim is held against. `exists` stands alone when false. */
export interface Matcher {
  /** Some one element must satisfy all of them. */
  readonly tests: readonly ElementTest[]
  /** Its own condition, negated over the whole claim. */
  readonly not: Matcher | null
  readonly exists: boolean | null
  /** As a person would write it, for explanations: `one of admins, ops`. */
  readonly text: string
}

export type Operand = Exclude<Json, null>
