import { folded } from '../nearest.ts'

/** Rules without exception; they stand only directly as `require`, so that the exemption is visible at the location. */
const exemptions = ['anyone', 'maybe_signed_in', 'nobody'] as const

export type Exemption = (typeof exemptions)[number]

/** Words that mean a rule, where a policy's name could stand too. */
export const keywords: readonly string[] = [...exemptions, 'signed_in']

/** Keys of a rule that are no claims. A claim of such a name is written `{claim: any, is: x}`. */
const reservedWords = [
  ...(['any', 'all', 'none', 'client_ip', 'provider', 'claim', 'credential', 'certificate'] as const),
] as const

export type ReservedWord = (typeof reservedWords)[number]

/** What customers write at a key of theirs: whoever has one could give it any value. */
const wordsOfCustomers: ReadonlySet<string> = new Set(['key_name', 'end_user'])

export function isOfCustomers(text: string): boolean {
  return wordsOfCustomers.has(text)
}

export const matcherNames = [
  'is',
  'is_ignoring_case',
  'matches',
  'starts_with',
  'ends_with',
  'has_word',
  'domain',
  'at_least',
  'at_most',
  'exists',
  'has',
  'not',
] as const

export type MatcherName = (typeof matcherNames)[number]

export function isExemption(text: string): text is Exemption {
  return exemptions.some((word) => word === text)
}

export function isReserved(text: string): text is ReservedWord {
  return reservedWords.some((word) => word === text)
}

export function isMatcherName(text: string): text is MatcherName {
  return matcherNames.some((name) => name === text)
}

/** What people of other products write, and what they mean by it here. */
export const meantKeyword: ReadonlyMap<string, string> = new Map([
  ['public', 'anyone'],
  ['open', 'anyone'],
  ['everyone', 'anyone'],
  ['anonymous', 'anyone'],
  ['optional', 'maybe_signed_in'],
  ['authenticated', 'signed_in'],
  ['valid-user', 'signed_in'],
  ['login', 'signed_in'],
  ['deny', 'nobody'],
  ['none', 'nobody'],
])

type Combination = 'all' | 'any' | 'none'

/** Words of other products that combine rules, without `-`, `_` and case; as a claim such a name makes no sense. */
const combinations: ReadonlyMap<string, Combination> = new Map([
  ...(['and', 'all', 'allof', 'matchall', 'requireall'] as const).map((word) => [word, 'all'] as const),
  ...(['or', 'any', 'anyof', 'oneof', 'matchany', 'requireany'] as const).map(
    (word) => [word, 'any'] as const,
  ),
  ...(['not', 'none', 'nor', 'noneof', 'notany', 'requirenone'] as const).map(
    (word) => [word, 'none'] as const,
  ),
])

/** The same where a list of rules or a rule stands behind them: as names of claims they may make sense. */
const doubtful: ReadonlyMap<string, Combination> = new Map([
  ...(['must', 'both', 'every', 'each', 'filter', 'conditions', 'allow'] as const).map(
    (word) => [word, 'all'] as const,
  ),
  ...(['should', 'either', 'some', 'satisfy'] as const).map((word) => [word, 'any'] as const),
  ...(['mustnot', 'neither', 'except', 'unless', 'deny', 'exclude'] as const).map(
    (word) => [word, 'none'] as const,
  ),
])

/** Which of our words a key that combines rules elsewhere means; null for every other key, ours among them. */
export function meantCombination(key: string, holdsRules: boolean): Combination | null {
  if (isReserved(key)) return null
  const word = folded(key)
  return combinations.get(word) ?? (holdsRules ? (doubtful.get(word) ?? null) : null)
}

/** What other products call a matcher, without `-`, `_` and case, with what to write here. */
export const foreignMatchers: ReadonlyMap<string, string> = new Map([
  ...['eq', 'equal', 'equals', 'equalto', 'value', 'values', 'contains', 'includes'].map(
    (word) => [word, 'is'] as const,
  ),
  ...['iequals', 'equalsignorecase', 'caseinsensitive'].map((word) => [word, 'is_ignoring_case'] as const),
  ...['regex', 'regexp', 'match', 'pattern', 're'].map((word) => [word, 'matches'] as const),
  ...['prefix', 'beginswith'].map((word) => [word, 'starts_with'] as const),
  ...['suffix'].map((word) => [word, 'ends_with'] as const),
  ...['gte', 'ge', 'min', 'minimum'].map((word) => [word, 'at_least'] as const),
  ...['lte', 'le', 'max', 'maximum'].map((word) => [word, 'at_most'] as const),
  ...['present', 'required', 'defined', 'exist'].map((word) => [word, 'exists'] as const),
  ...['ne', 'neq', 'noteq', 'notequals', 'isnot', 'notin'].map((word) => [word, 'not'] as const),
])
