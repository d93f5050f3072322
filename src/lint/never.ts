import type { ClaimPath } from '../core/rules/claims.ts'
import { isEmptied } from '../core/rules/emptied.ts'
import { holds, type Matcher } from '../core/rules/matcher.ts'

/** Why no claim at all can pass a matcher; null when some might. Never shows what it is held against. */
export function whyNever(path: ClaimPath, matcher: Matcher): string | null {
  if (isEmptied(matcher)) return 'is held against a file that has no entries'
  if (hasDeadWord(path, matcher)) return 'is held against a text with a space, and single words have none'
  if (isEmptyRange(matcher)) return 'must be at least more than it must be at most'
  if (contradictsItself(matcher)) return 'must be what the same mapping rules out'
  return null
}

/** `scope`, `scp` and `has_word` are about single words (RFC 6749 section 3.3). */
function hasDeadWord(path: ClaimPath, { tests }: Matcher): boolean {
  const isWords = path === 'scope' || path === 'scp'
  return tests.some((test) => {
    const isWhole = test.kind === 'is' || test.kind === 'is_ignoring_case'
    if (test.kind !== 'has_word' && !(isWords && isWhole)) return false
    return test.values.some((value) => typeof value === 'string' && value.includes(' '))
  })
}

/** One and the same element has to pass both. */
function isEmptyRange({ tests }: Matcher): boolean {
  const least = tests.find((test) => test.kind === 'at_least')
  const most = tests.find((test) => test.kind === 'at_most')
  return least !== undefined && most !== undefined && least.value > most.value
}

/** The element that `is` asks for fails the tests beside it, or is what `not` rules out. */
function contradictsItself({ tests, not }: Matcher): boolean {
  const is = tests.find((test) => test.kind === 'is')
  if (is === undefined) return false
  const others: Matcher = { tests: tests.filter((test) => test !== is), not: null, exists: null, text: '' }
  return is.values.every((value) => {
    const found = { kind: 'one', value } as const
    return (others.tests.length > 0 && holds(others, found) !== true) || (not && holds(not, found) === true)
  })
}
