import type { ElementTest, Matcher } from './matcher.ts'

/**
 * Whether a matcher is held against a list of lines that has no entries any more. The loader leaves such a test
 * without operands, whatever stands beside the list. Nobody meets it, and nobody its negation: neither does an
 * emptied allow list stay in force, nor does a truncated deny list open.
 */
export function isEmptied({ tests, not }: Matcher): boolean {
  return tests.some(isTestEmptied) || (not !== null && isEmptied(not))
}

function isTestEmptied(test: ElementTest): boolean {
  switch (test.kind) {
    case 'is':
    case 'is_ignoring_case':
    case 'starts_with':
    case 'ends_with':
    case 'has_word':
    case 'domain':
      return test.values.length === 0
    case 'matches':
      return test.patterns.length === 0
    case 'at_least':
    case 'at_most':
      return false
    case 'has':
      return test.entries.some(({ matcher }) => isEmptied(matcher))
  }
}
