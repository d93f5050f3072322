import type { Credential } from '../../core/credential/credential.ts'
import type { Requirement } from '../../core/rules/requirement.ts'
import type { Report } from '../issue.ts'
import { type ConfigPath, type Position, pathText } from '../node.ts'

/** What the rules of one configuration share while they are compiled. */
export interface RuleContext {
  readonly report: Report
  /** Names of the configured providers; `api_keys` too, where there are keys. */
  readonly providers: readonly string[]
  /** Those by which somebody may come: a rule that names another one is a mistake. */
  readonly credentials: readonly Credential[]
  /** Names of the authorities of client certificates, in the order of the file. */
  readonly authorities: readonly string[]
  /** Whether `trusted_proxies` stands in the file: without it nobody knows whose address `client_ip` is about. */
  readonly trustedProxiesWritten: boolean
  readonly policies: Policies
  /** Where each part of a rule stands: for faults that show only when the whole is known, and for who tests rules. */
  readonly places: Map<object, Place>
  /** Those of them that were reported to need a `provider`: a policy may be used in many places. */
  readonly unguarded: Set<Requirement>
  /** The files of `${lines:FILE}` that have no entries, as they are named, each with a place that names it. */
  readonly emptyLists: Map<string, Place>
}

export interface Policies {
  readonly names: readonly string[]
  readonly find: (name: string) => FoundPolicy
}

export type FoundPolicy =
  | { readonly kind: 'found'; readonly requirement: Requirement }
  /** Its own fault has been reported. */
  | { readonly kind: 'faulty' }
  | { readonly kind: 'unknown' }
  /** It is being compiled right now: `chain` begins and ends with its name. */
  | { readonly kind: 'circle'; readonly chain: readonly string[] }

export interface Place {
  readonly position: Position
  readonly path: ConfigPath
}

/** Reports a fault at a place; answers null, which stands for everything that could not be compiled. */
export function fault(
  { report }: Pick<RuleContext, 'report'>,
  { position, path }: Place,
  message: string,
  suggestion: string | null = null,
): null {
  report({ position, path: pathText(path), message, suggestion })
  return null
}

/** All or nothing: null when one of them is. Every one has been compiled by then, so no fault is missed. */
export function allOrNull<T>(values: readonly (T | null)[]): readonly T[] | null {
  const present = values.filter((value) => value !== null)
  return present.length === values.length ? present : null
}
