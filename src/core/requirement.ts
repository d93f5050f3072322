import type { AddressRange } from './address.ts'
import type { ClaimPath } from './claims.ts'
import type { Matcher } from './matcher.ts'

/** One rule, compiled: a tree whose leaves are conditions. Written in YAML as `require`; see rules.md section 2. */
export type Requirement =
  | { readonly kind: 'signed_in' }
  | { readonly kind: 'all'; readonly members: readonly Requirement[] }
  | { readonly kind: 'any'; readonly members: readonly Requirement[] }
  | { readonly kind: 'none'; readonly members: readonly Requirement[] }
  /** A policy put in place: judged as its requirement; the name is kept for people who read explanations. */
  | { readonly kind: 'policy'; readonly name: string; readonly requirement: Requirement }
  | { readonly kind: 'client_ip'; readonly ranges: readonly AddressRange[] }
  | { readonly kind: 'provider'; readonly names: readonly string[] }
  | { readonly kind: 'claim'; readonly path: ClaimPath; readonly matcher: Matcher }

/** Kleene's three values. Only `true` lets in. */
export type Truth = true | false | 'unknown'
