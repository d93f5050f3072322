import { isExact, isList, type Json } from './json.ts'
import type { Found } from './rules/claims.ts'

/**
 * Values of claims as operators read them in a log line: short, on one line, of a known length whatever a provider
 * sends. Enough to see what differs, not a copy of somebody's data.
 */

/** A text in quotes; from 13 characters on its beginning, its end and its length. */
function showText(text: string): string {
  if (text.length <= 12) return quote(text)
  return `${quote(`${cut(text, 0, 5)}…${cut(text, text.length - 3)}`)} (${text.length} characters)`
}

/** Two texts that differ, so that one sees where: by their ends and lengths, else around the first difference. */
export function showDifference(actual: string, wanted: string): readonly [string, string] {
  const shown = [showText(actual), showText(wanted)] as const
  if (shown[0] !== shown[1] || actual === wanted) return shown
  let start = 0
  while (actual[start] === wanted[start]) start += 1
  const around = (text: string): string =>
    `${quote(`…${cut(text, Math.max(0, start - 5), start + 10)}…`)} (at character ${start + 1} of ${text.length})`
  return [around(actual), around(wanted)]
}

/** What was found under a claim path. */
export function showFound(found: Found): string {
  switch (found.kind) {
    case 'missing':
      return 'missing'
    case 'one':
      return showValue(found.value)
    case 'list':
      return showList(found.elements)
  }
}

const shownElements = 5

function showList(elements: readonly Json[]): string {
  if (elements.length === 0) return 'an empty list'
  const shown = elements.slice(0, shownElements).map((element) => showValue(element))
  const more = elements.length - shown.length
  return `[${shown.join(', ')}${more > 0 ? `, and ${more} more` : ''}]`
}

function showValue(value: Json): string {
  if (typeof value === 'string') return showText(value)
  if (value === null) return 'null'
  if (typeof value === 'object') return isList(value) ? 'a list' : 'an object'
  const beyond = typeof value === 'number' && !isExact(value)
  return beyond ? `${value} (beyond 2^53-1)` : String(value)
}

/** What an operator wrote may be long too. */
export function showOwn(text: string, most = 200): string {
  return text.length <= most ? escapeControls(text) : `${escapeControls(cut(text, 0, most))}…`
}

function quote(text: string): string {
  return `"${escapeControls(text.replace(/["\\]/g, '\\$&'))}"`
}

/** Controls, line separators and everything that turns the direction of text: a log line is one line, read one way. */
function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** As `slice`, without leaving half of a surrogate pair at an end. */
function cut(text: string, start: number, end = text.length): string {
  return text
    .slice(start, end)
    .toWellFormed()
    .replace(/^\uFFFD|\uFFFD$/g, '')
}
