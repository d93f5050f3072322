/** Rules without exception; they stand only directly as `require`, so that the exemption is visible at the location. */
const exemptions = ['anyone', 'maybe_signed_in', 'nobody'] as const

export type Exemption = (typeof exemptions)[number]

/** Words that mean a rule, where a policy's name could stand too. */
export const keywords: readonly string[] = [...exemptions, 'signed_in']

/** Keys of a rule that are no claims. A claim of such a name is written `{claim: any, is: x}`. */
const reservedWords = ['any', 'all', 'none', 'client_ip', 'provider', 'claim'] as const

export type ReservedWord = (typeof reservedWords)[number]

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

export const meantCombination: ReadonlyMap<string, string> = new Map([
  ['and', 'all'],
  ['all_of', 'all'],
  ['allOf', 'all'],
  ['or', 'any'],
  ['any_of', 'any'],
  ['anyOf', 'any'],
  ['one_of', 'any'],
  ['oneOf', 'any'],
  ['not', 'none'],
  ['none_of', 'none'],
  ['noneOf', 'none'],
])
