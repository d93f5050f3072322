import { limits } from '../limits/table.ts'

/**
 * Why a text is no `end_user`; null: it is one. A customer writes it, so it is bounded, one line, and nothing that would
 * be another text in UTF-8. What it names is the customer's business alone.
 */
export function endUserFault(text: string): string | null {
  if (text === '') return 'is empty: leave it out where nobody is meant'
  if (text.length > limits.endUserCharacters) return `has more than ${limits.endUserCharacters} characters`
  // Cf, too: what changes the direction of a text makes a log line read as another one.
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) || !text.isWellFormed() ? 'holds a control character' : null
}
