import { RE2JS, RE2JSException } from 're2js'
import { isExact, isObject, type Json } from '../json.ts'
import { limits } from '../limits/table.ts'
import { type Found, isThere, lookUpForRule, toWords } from './claims.ts'
import { areAllOfType, isOneOf, isOneOfIgnoringCase } from './one-of.ts'
import { every, negate, some, type Truth } from './truth.ts'

/** A regular expression of linear time that must match the whole value. */
export interface WholeMatch {
  readonly source: string
  /** Of the compiled expression: each may look at each character. */
  readonly instructions: number
  /** Unknown when the value is too long for the expression: see `expressionSteps`. */
  readonly test: (value: string) => Truth
}

/** One test of one element of a claim. Lists mean: one of. */
export type ElementTest =
  | { readonly kind: 'is'; readonly values: readonly Scalar[] }
  | { readonly kind: 'is_ignoring_case'; readonly values: readonly string[] }
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

export type Scalar = string | number | boolean

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

/** Holds what was found under a claim path against a matcher. A scalar is a list of one. Never throws. */
export function holds(matcher: Matcher, found: Found): Truth {
  if (matcher.exists !== null && matcher.exists !== isThere(found)) return false
  const satisfied = matcher.tests.length === 0 ? true : someElement(matcher.tests, found)
  if (satisfied === false || matcher.not === null) return satisfied
  return every([satisfied, negate(holds(matcher.not, found))], (truth) => truth)
}

function someElement(tests: readonly ElementTest[], found: Found): Truth {
  switch (found.kind) {
    case 'missing':
      return 'unknown'
    case 'one':
      return satisfies(tests, found.value)
    case 'list':
      if (stepsOf(tests, found.elements) > limits.expressionListSteps) return 'unknown'
      return some(found.elements, (element) => satisfies(tests, element))
  }
}

/** What the expressions may cost over a whole list; each of many short elements is within its own bound. */
function stepsOf(tests: readonly ElementTest[], elements: readonly Json[]): number {
  let instructions = 0
  for (const test of tests) {
    if (test.kind === 'matches') for (const pattern of test.patterns) instructions += pattern.instructions
  }
  if (instructions === 0) return 0
  let characters = 0
  for (const element of elements) characters += typeof element === 'string' ? element.length : 0
  return instructions * characters
}

function satisfies(tests: readonly ElementTest[], element: Json): Truth {
  return every(tests, (test) => passes(test, element))
}

function passes(test: ElementTest, element: Json): Truth {
  switch (test.kind) {
    case 'is':
      return isEqual(test.values, element)
    case 'is_ignoring_case':
      return typeof element === 'string' ? isOneOfIgnoringCase(test.values, element) : 'unknown'
    case 'matches':
      return someText(test.patterns, element, matchesWhole)
    case 'starts_with':
      return someText(test.values, element, (value, text) => text.startsWith(value))
    case 'ends_with':
      return someText(test.values, element, (value, text) => text.endsWith(value))
    case 'has_word':
      return hasWord(test.values, element)
    case 'domain':
      return typeof element === 'string' ? hasDomain(test.values, element) : 'unknown'
    case 'at_least':
      return isExactNumber(element) ? element >= test.value : 'unknown'
    case 'at_most':
      return isExactNumber(element) ? element <= test.value : 'unknown'
    case 'has':
      if (!isObject(element)) return 'unknown'
      return every(test.entries, ({ path, matcher }) => holds(matcher, lookUpForRule(element, path)))
  }
}

/** An element of another type is unknown, not unequal: `not: 3` must not let in whoever has `"3"`. */
function isEqual(values: readonly Scalar[], element: Json): Truth {
  if (typeof element === 'object' || (typeof element === 'number' && !isExact(element))) return 'unknown'
  if (isOneOf(values, element)) return true
  return areAllOfType(values, typeof element) ? false : 'unknown'
}

function hasWord(words: readonly string[], element: Json): Truth {
  if (typeof element !== 'string') return 'unknown'
  return toWords(element).some((word) => isOneOf(words, word))
}

function someText<T>(
  operands: readonly T[],
  element: Json,
  judge: (operand: T, text: string) => Truth,
): Truth {
  if (typeof element !== 'string') return 'unknown'
  return some(operands, (operand) => judge(operand, element))
}

/** A line break ends `.` and, for some readers of expressions, `$`: nobody writes a rule for values with controls. */
function matchesWhole(pattern: WholeMatch, text: string): Truth {
  return /\p{Cc}/u.test(text) ? 'unknown' : pattern.test(text)
}

function isExactNumber(element: Json): element is number {
  return typeof element === 'number' && isExact(element)
}

/** Exactly one `@` with something on both sides: anything else is no address, and two parsers would disagree on it. */
function hasDomain(domains: readonly string[], text: string): Truth {
  const at = text.indexOf('@')
  if (at <= 0 || at === text.length - 1 || at !== text.lastIndexOf('@')) return 'unknown'
  return isOneOfIgnoringCase(domains, text.slice(at + 1))
}

/**
 * Compiles an expression in RE2 syntax that must match a whole value; the reason says what is wrong with it.
 * Linear time: there is no backtracking, so no value can make it slow.
 */
export function compileWholeMatch(
  source: string,
): { readonly ok: true; readonly pattern: WholeMatch } | { readonly ok: false; readonly reason: string } {
  const compiled = compile(source)
  if (typeof compiled === 'string') return { ok: false, reason: compiled }
  const work = compiled.programSize()
  if (work > limits.expressionInstructions) return { ok: false, reason: 'the expression is too large' }
  const test = (value: string): Truth =>
    value.length * work > limits.expressionSteps ? 'unknown' : compiled.testExact(value)
  return { ok: true, pattern: { source, instructions: work, test } }
}

function compile(source: string): RE2JS | string {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return error.message.replace(/^error parsing regexp: /, '')
  }
}
