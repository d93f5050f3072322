import { isExact, isExactThroughout, isList, type Json } from '../json.ts'
import { limits } from '../limits/table.ts'
import { chosenElements } from './chosen-elements.ts'
import type { HeaderForm } from './form.ts'

/**
 * Why a claim cannot be sent as it is. `number`: not one that JSON carries exactly; `text`: a lone surrogate; `empty`:
 * an empty element, where what joins them begins or ends with a blank, which parsers trim.
 */
export type Unsendable = 'object' | 'nested-list' | 'number' | 'text' | 'empty' | 'too-large'

export type ClaimText =
  | { readonly ok: true; readonly text: string }
  /** `bytes`: how large it would be at least. */
  | { readonly ok: false; readonly why: Unsendable; readonly bytes: number }

/** As headers are written that say nothing of their form. */
export const plainForm: HeaderForm = { only: null, join: ',', encoding: 'percent', lowerCase: false }

/**
 * A claim as a header value; null for none. Two different texts, or lists of them, never become the same bytes. What
 * cannot fit into `room` is looked at no further: no encoding makes anything shorter. Never cut.
 */
export function claimText(value: Json, form: HeaderForm, room: number): ClaimText | null {
  const chosen = form.only === null ? value : chosenElements(value, form.only)
  const sent = form.lowerCase ? lowerCased(chosen) : chosen
  if (sent === null || (isList(sent) && sent.length === 0)) return null
  switch (form.encoding) {
    case 'percent':
      return isList(sent) ? joinedText(sent, form.join, room) : scalarText(sent, form.join, room)
    case 'base64':
      return base64Text(sent, room)
  }
}

function joinedText(elements: readonly Json[], join: string, room: number): ClaimText | null {
  const texts: string[] = []
  let size = -join.length
  for (const element of elements) {
    // An element that is null says nothing.
    if (element === null) continue
    if (isList(element)) return unsendable('nested-list')
    const encoded = scalarText(element, join, room - size - join.length)
    if (!encoded.ok && encoded.why !== 'too-large') return encoded
    if (!encoded.ok) return tooLarge(sizeOf(elements, join.length))
    if (encoded.text === '' && /^ | $/.test(join)) return unsendable('empty')
    size += encoded.text.length + join.length
    if (size > room) return tooLarge(sizeOf(elements, join.length))
    texts.push(encoded.text)
  }
  return texts.length === 0 ? null : { ok: true, text: texts.join(join) }
}

function scalarText(value: Exclude<Json, null>, join: string, room: number): ClaimText {
  switch (typeof value) {
    case 'string':
      if (value.length > room) return tooLarge(value.length)
      return value.isWellFormed() ? { ok: true, text: encodeText(value, join) } : unsendable('text')
    case 'boolean':
      return { ok: true, text: encodeText(String(value), join) }
    case 'number':
      return isExact(value)
        ? { ok: true, text: encodeText(JSON.stringify(value), join) }
        : unsendable('number')
    case 'object':
      return unsendable('object')
  }
}

/** RFC 4648 section 4, of the claim's JSON: objects and lists in lists can be told by it. */
function base64Text(value: Json, room: number): ClaimText {
  if (!isExactThroughout(value)) return unsendable('number')
  const json = Buffer.from(JSON.stringify(value))
  const bytes = 4 * Math.ceil(json.length / 3)
  return bytes > room ? tooLarge(bytes) : { ok: true, text: json.toString('base64') }
}

/** ASCII alone: what other letters are in lower case depends on whom one asks. */
function lowerCased(value: Json): Json {
  if (typeof value === 'string') return value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  return isList(value) ? value.map(lowerCased) : value
}

/**
 * Visible ASCII and inner spaces stay; `%`, `,`, what joins elements, controls, non-ASCII and edge spaces (which
 * parsers trim) are escaped, in a single text too: `a,b` must not be the list of `a` and `b`.
 */
function encodeText(text: string, join: string): string {
  const encoded = withEscapes(text)
  let kept = encoded.includes(',') ? encoded.replaceAll(',', '%2C') : encoded
  if (join === ',') return kept
  for (const character of join) kept = kept.replaceAll(character, escapeOf(character))
  return kept
}

function withEscapes(text: string): string {
  if (/^[!-$&-~]*$/.test(text)) return text
  let start = 0
  let end = text.length
  while (start < end && text.startsWith(' ', start)) start++
  while (start < end && text.startsWith(' ', end - 1)) end--
  const inner = text.slice(start, end).replace(/[^ -$&-~]/gu, encodeURIComponent)
  return '%20'.repeat(start) + inner + '%20'.repeat(text.length - end)
}

function escapeOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** Before any escape, of as many elements as could have fitted: enough to say how far beyond the bound it is. */
function sizeOf(elements: readonly Json[], joinLength: number): number {
  const looked = elements.slice(0, limits.identityHeaderBytes)
  const texts = looked.map((element) => (typeof element === 'string' ? element.length : 0))
  return texts.reduce((sum, length) => sum + length, (elements.length - 1) * joinLength)
}

function tooLarge(bytes: number): ClaimText & { readonly ok: false } {
  return { ok: false, why: 'too-large', bytes }
}

function unsendable(why: Unsendable): ClaimText & { readonly ok: false } {
  return { ok: false, why, bytes: 0 }
}
