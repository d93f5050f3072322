import { blotted, repeats } from '../core/echo.ts'
import { limits } from '../core/limits/table.ts'

/**
 * A value from outside, for an operator's message: as JSON in visible ASCII, at most 120 characters. Whoever calls
 * makes sure that it is no credential.
 */
export function quote(value: unknown): string {
  if (value === undefined) return 'missing'
  const text =
    typeof value === 'string' ? JSON.stringify(value.slice(0, limits.quotedCharacters)) : toText(value)
  const visible = text.replaceAll(
    /[^\x20-\x7e]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return visible.length > limits.quotedCharacters ? `${visible.slice(0, limits.quotedCharacters)}…` : visible
}

function toText(value: unknown): string {
  const text: unknown = JSON.stringify(value)
  return typeof text === 'string' ? text : typeof value
}

/**
 * The same for text that a provider wrote and that may repeat what it was sent. Credentials that stand there as they
 * are, and what looks like an Authorization header or a token, are blotted out; a text that holds one in any other
 * spelling is not shown at all.
 */
export function quoteWithout(value: string, credentials: readonly string[]): string {
  const shown = blotted(value.slice(0, limits.echoCharacters), credentials)
  return repeats(shown, credentials) ? withheld : quote(shown)
}

/** Stands for words that are not shown. */
export const withheld = '[withheld: it repeats a credential]'
