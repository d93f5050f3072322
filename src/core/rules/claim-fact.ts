import type { ClaimPath } from './claims.ts'
import type { ElementTest, Matcher, Scalar } from './matcher.ts'
import { isOneOf, isOneOfIgnoringCase } from './one-of.ts'

/** What a claim must be, or, with `wanted` false, must certainly not be. */
export interface ClaimFact {
  readonly path: ClaimPath
  readonly matcher: Matcher
  readonly wanted: boolean
}

/** The same fact in one form: `{not: x}` is an unwanted `x`, and what must not be there must be missing. */
export function claimFact(path: ClaimPath, matcher: Matcher, wanted: boolean): ClaimFact {
  const { tests, not, exists } = matcher
  if (tests.length > 0) return { path, matcher, wanted }
  if (not !== null && exists === null) return claimFact(path, not, !wanted)
  if (not === null && exists !== null && !wanted) return { path, matcher: presence(!exists), wanted: true }
  return { path, matcher, wanted }
}

function presence(exists: boolean): Matcher {
  return { tests: [], not: null, exists, text: exists ? 'anything there' : 'nothing there' }
}

/** The same path, the same operands, the same outcome. */
function isSameFact(a: ClaimFact, b: ClaimFact): boolean {
  return a.path === b.path && a.wanted === b.wanted && a.matcher.text === b.matcher.text
}

/** Whether `b` holds for everyone for whom `a` does. What cannot be seen at once is no. */
export function implies(a: ClaimFact, b: ClaimFact): boolean {
  if (a.path !== b.path) return false
  if (isSameFact(a, b) || (saysOnly(b, true) && isThere(a))) return true
  if (a.wanted !== b.wanted) return false
  return a.wanted ? isNarrower(a.matcher, b.matcher) : isNarrowerAlone(b.matcher, a.matcher)
}

/** Whether nobody can have both. What cannot be seen at once is no. */
export function contradicts(a: ClaimFact, b: ClaimFact): boolean {
  if (a.path !== b.path) return false
  if (saysOnly(a, false)) return isThere(b)
  if (saysOnly(b, false)) return isThere(a)
  if (a.wanted === b.wanted) return false
  const [wanted, unwanted] = a.wanted ? [a, b] : [b, a]
  return implies(wanted, { ...unwanted, wanted: true })
}

/** Whether it is `exists` alone, with this value. */
function saysOnly({ matcher, wanted }: ClaimFact, exists: boolean): boolean {
  return wanted && matcher.tests.length === 0 && matcher.not === null && matcher.exists === exists
}

/**
 * Whether the claim must be there: what is missing is unknown, and unknown is neither wanted nor unwanted. Only a
 * path through a list, which has a dot, may lead nowhere and be known: of an empty list no member is unwanted.
 */
function isThere({ path, matcher, wanted }: ClaimFact): boolean {
  if (matcher.exists !== null) return matcher.exists && wanted
  return (wanted && matcher.tests.length > 0) || !path.includes('.')
}

/** One element that passes the tests of `a` passes those of `b` too. */
function isNarrower(a: Matcher, b: Matcher): boolean {
  if (b.not !== null || b.exists === false || b.tests.length === 0) return false
  return b.tests.every((test) => a.tests.some((own) => isNarrowerTest(own, test)))
}

function isNarrowerAlone(a: Matcher, b: Matcher): boolean {
  const alone = [a, b].every(
    ({ tests, not, exists }) => tests.length === 1 && not === null && exists === null,
  )
  return alone && isNarrower(a, b)
}

function isNarrowerTest(a: ElementTest, b: ElementTest): boolean {
  switch (a.kind) {
    case 'is':
      if (b.kind === 'is_ignoring_case') return a.values.every((value) => isWithoutCase(b.values, value))
      return b.kind === 'is' && a.values.every((value) => isOneOf(b.values, value))
    case 'is_ignoring_case':
    case 'domain':
      return b.kind === a.kind && a.values.every((value) => isOneOfIgnoringCase(b.values, value))
    case 'starts_with':
    case 'ends_with':
    case 'has_word':
      return b.kind === a.kind && a.values.every((value) => isOneOf(b.values, value))
    case 'at_least':
      return b.kind === 'at_least' && a.value >= b.value
    case 'at_most':
      return b.kind === 'at_most' && a.value <= b.value
    case 'matches':
    case 'has':
      return false
  }
}

function isWithoutCase(values: readonly string[], value: Scalar): boolean {
  return typeof value === 'string' && isOneOfIgnoringCase(values, value)
}
