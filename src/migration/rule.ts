import { isReserved } from '../config/rules/words.ts'
import { isList, type YamlValue } from './yaml.ts'

/** A rule of ours on its way to YAML. `never`: nobody can meet it. */
export type Rule =
  | { readonly kind: 'open' }
  | { readonly kind: 'never' }
  | { readonly kind: 'signed_in' }
  | { readonly kind: 'claim'; readonly path: string; readonly test: ClaimTest }
  | { readonly kind: 'ip'; readonly ranges: readonly string[] }
  | { readonly kind: 'provider'; readonly names: readonly string[] }
  /** A certificate of the connection; `issuers`: who issued it itself, anybody below the authority where empty. */
  | { readonly kind: 'certificate'; readonly authority: string; readonly issuers: readonly string[] }
  | { readonly kind: 'all' | 'any' | 'none'; readonly members: readonly Rule[] }

/** One matcher of a claim; several operands mean one of them. */
export type ClaimTest =
  | { readonly matcher: 'is'; readonly values: readonly (string | number | boolean)[] }
  | {
      readonly matcher: 'is_ignoring_case' | 'starts_with' | 'ends_with' | 'has_word' | 'matches' | 'domain'
      readonly values: readonly string[]
    }

export const open: Rule = { kind: 'open' }
export const never: Rule = { kind: 'never' }

/** What cannot be said lets nobody in: where it stands behind a `not`, it keeps everybody out. */
export function unsaid(negated: boolean): Rule {
  return negated ? open : never
}

/** All of them: what is open adds nothing, what nobody meets decides. */
export function allOf(rules: readonly Rule[]): Rule {
  if (rules.some(({ kind }) => kind === 'never')) return never
  const flat = rules.flatMap((rule) => (rule.kind === 'all' ? rule.members : [rule]))
  const asked = flat.filter(({ kind }) => kind !== 'open')
  // Whoever is asked for a claim is signed in, and `none` never lets a stranger in.
  const needsPerson = asked.some((rule) => asksForClaim(rule) || rule.kind === 'none')
  const members = needsPerson ? asked.filter(({ kind }) => kind !== 'signed_in') : asked
  return joined('all', joinVetoes(withoutTwins(members)), open)
}

/** Neither of these and none of those is one list. */
function joinVetoes(rules: readonly Rule[]): readonly Rule[] {
  const vetoed = rules.flatMap((rule) => (rule.kind === 'none' ? rule.members : []))
  if (rules.filter(({ kind }) => kind === 'none').length < 2) return rules
  const members = mergeValues(withoutTwins(vetoed))
  return [...rules.filter(({ kind }) => kind !== 'none'), { kind: 'none', members }]
}

/** One of them: what nobody meets is left out, what is open decides. */
export function anyOf(rules: readonly Rule[]): Rule {
  const flat = rules.flatMap((rule) => (rule.kind === 'any' ? rule.members : [rule]))
  if (flat.some(({ kind }) => kind === 'open')) return open
  const meetable = flat.filter(({ kind }) => kind !== 'never')
  const signedIn = meetable.some(({ kind }) => kind === 'signed_in')
  const members = signedIn ? meetable.filter((rule) => rule.kind === 'signed_in' || !asks(rule)) : meetable
  return joined('any', mergeValues(withoutTwins(members)), never)
}

/** None of them. What nobody meets keeps nobody out; what everybody meets keeps all out. */
export function noneOf(rules: readonly Rule[]): Rule {
  if (rules.some(({ kind }) => kind === 'open' || kind === 'signed_in')) return never
  const members = rules.filter(({ kind }) => kind !== 'never')
  return members.length === 0 ? open : { kind: 'none', members: mergeValues(withoutTwins(members)) }
}

function joined(kind: 'all' | 'any', members: readonly Rule[], empty: Rule): Rule {
  const [only] = members
  return only === undefined ? empty : members.length === 1 ? only : { kind, members }
}

function withoutTwins(rules: readonly Rule[]): readonly Rule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()]
}

/** `groups: a` or `groups: b` is `groups: [a, b]`. */
function mergeValues(rules: readonly Rule[]): readonly Rule[] {
  const merged: Rule[] = []
  for (const rule of rules) {
    const at = merged.findIndex((other) => sameKind(other, rule))
    const twin = merged[at]
    if (twin === undefined) merged.push(rule)
    else merged[at] = union(twin, rule)
  }
  return merged
}

function sameKind(one: Rule, other: Rule): boolean {
  if (one.kind === 'ip') return other.kind === 'ip'
  if (one.kind === 'provider') return other.kind === 'provider'
  if (one.kind !== 'claim' || other.kind !== 'claim') return false
  return one.path === other.path && one.test.matcher === other.test.matcher
}

function union(one: Rule, other: Rule): Rule {
  if (one.kind === 'ip' && other.kind === 'ip') {
    return { kind: 'ip', ranges: [...new Set([...one.ranges, ...other.ranges])] }
  }
  if (one.kind === 'provider' && other.kind === 'provider') {
    return { kind: 'provider', names: [...new Set([...one.names, ...other.names])] }
  }
  if (one.kind !== 'claim' || other.kind !== 'claim') return one
  const values = [...new Set([...one.test.values, ...other.test.values])]
  const test = { matcher: one.test.matcher, values } as ClaimTest
  return { kind: 'claim', path: one.path, test }
}

/** Whether only somebody who is signed in can meet a rule in every case. */
function asksForClaim(rule: Rule): boolean {
  switch (rule.kind) {
    case 'claim':
    case 'provider':
      return true
    case 'all':
      return rule.members.some(asksForClaim)
    case 'any':
      return rule.members.every(asksForClaim)
    case 'open':
    case 'never':
    case 'signed_in':
    case 'ip':
    case 'certificate':
    case 'none':
      return false
  }
}

/** Whether a rule looks at who it is anywhere. */
export function asks(rule: Rule): boolean {
  switch (rule.kind) {
    case 'claim':
    case 'provider':
    case 'signed_in':
      return true
    case 'all':
    case 'any':
    case 'none':
      return rule.members.some(asks)
    case 'open':
    case 'never':
    case 'ip':
    case 'certificate':
      return false
  }
}

/** Whether nobody meets a rule, or a part of it, without being signed in, though it may ask for nothing of theirs. */
export function needsPerson(rule: Rule): boolean {
  return asks(rule) || rule.kind === 'none' || ('members' in rule && rule.members.some(needsPerson))
}

/** The claim paths that a rule names. */
export function claimPaths(rule: Rule): readonly string[] {
  switch (rule.kind) {
    case 'claim':
      return [rule.path]
    case 'all':
    case 'any':
    case 'none':
      return rule.members.flatMap(claimPaths)
    case 'open':
    case 'never':
    case 'signed_in':
    case 'ip':
    case 'certificate':
    case 'provider':
      return []
  }
}

/**
 * Puts `provider` beside every condition on a claim, for an app that accepts several: the rule language wants to know
 * whose word is believed. An address that opens the door by itself stays free of it.
 */
export function besideProviders(rule: Rule, names: readonly string[]): Rule {
  if (claimPaths(rule).length === 0) return rule
  if (rule.kind === 'any') {
    return { kind: 'any', members: rule.members.map((member) => besideProviders(member, names)) }
  }
  if (rule.kind === 'all' && rule.members.some(({ kind }) => kind === 'provider')) return rule
  return allOf([{ kind: 'provider', names }, rule])
}

/** A rule as it stands behind `require`, or in a list of rules. */
export function ruleValue(rule: Rule): YamlValue {
  switch (rule.kind) {
    case 'open':
      return 'anyone'
    case 'never':
      return 'nobody'
    case 'signed_in':
      return 'signed_in'
    case 'ip':
      return { client_ip: oneOrMany(rule.ranges) }
    case 'provider':
      return { provider: oneOrMany(rule.names) }
    case 'certificate': {
      const { authority, issuers } = rule
      return { certificate: { authority, ...(issuers.length === 0 ? {} : { issuer: oneOrMany(issuers) }) } }
    }
    case 'claim':
      return claimValue(rule.path, rule.test)
    case 'any':
    case 'none':
      return { [rule.kind]: rule.members.map(ruleValue) }
    case 'all':
      return allValue(rule.members.map(ruleValue))
  }
}

/** One mapping where no key comes twice, else a list. */
function allValue(values: readonly YamlValue[]): YamlValue {
  const entries = values.flatMap(entriesOf)
  const keys = entries.map(([key]) => key)
  const mergeable = new Set(keys).size === keys.length && !keys.includes('') && !keys.includes('claim')
  return mergeable ? Object.fromEntries(entries) : { all: values }
}

function entriesOf(value: YamlValue): readonly (readonly [string, YamlValue])[] {
  return typeof value === 'object' && !isList(value) ? Object.entries(value) : [['', value]]
}

function claimValue(path: string, test: ClaimTest): YamlValue {
  const operand = oneOrMany<string | number | boolean>(test.values)
  if (isReserved(path)) return { claim: path, [test.matcher]: operand }
  return { [path]: test.matcher === 'is' ? operand : { [test.matcher]: operand } }
}

function oneOrMany<T extends string | number | boolean>(values: readonly T[]): YamlValue {
  const [only] = values
  return only !== undefined && values.length === 1 ? only : values
}
