import { isList, type Json } from '../json.ts'
import { isOneOf } from '../rules/one-of.ts'
import type { ElementChoice } from './form.ts'

/**
 * The elements of a claim that an app is told of: texts that are named, or that a pattern fits as a whole. What is no
 * text is not chosen. Null: nothing is left; a single value stays one.
 */
export function chosenElements(value: Json, choice: ElementChoice): Json {
  const isChosen = (element: Json): boolean => typeof element === 'string' && fits(element, choice)
  if (isList(value)) {
    const chosen = value.filter(isChosen)
    return chosen.length === 0 ? null : chosen
  }
  return isChosen(value) ? value : null
}

function fits(text: string, { texts, patterns }: ElementChoice): boolean {
  return isOneOf(texts, text) || patterns.some((parts) => fitsPattern(text, parts))
}

/**
 * Whether a text begins with the first part, ends with the last, and holds the others in their order between them;
 * parts are what stands between the `*` of a pattern. Each is looked for once, from where the one before ended.
 */
function fitsPattern(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= end
}
