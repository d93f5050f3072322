import { limits } from './limits/table.ts'
import { visibleClaims } from './principal.ts'
import type { ProviderSettings } from './provider-settings.ts'
import { type Claims, lookUp } from './rules/claims.ts'

type NameSettings = Pick<ProviderSettings, 'displayName' | 'trustEmail' | 'preset'>

/**
 * What a person is called on pages and in lists: the first of the provider's `display_name` claims that is a text with
 * something to see in it, of at most `limits.displayNameCharacters`; null when none is. People write it themselves, so
 * it is never logged, compared or matched. An address that does not count is not there (`visibleClaims`).
 */
export function claimedName(claims: Claims, settings: NameSettings): string | null {
  const seen = visibleClaims(claims, settings)
  for (const path of settings.displayName) {
    const found = lookUp(seen, path)
    if (found.kind !== 'one' || typeof found.value !== 'string') continue
    const name = cutAtEnd(cleaned(found.value))
    if (name !== '') return name
  }
  return null
}

/** The same; whoever has no name is called by the user id, cut in the middle where it is long. */
export function displayName(claims: Claims, settings: NameSettings, user: string): string {
  return claimedName(claims, settings) ?? (cutInTheMiddle(cleaned(user)) || '?')
}

/**
 * The text as it can be shown: one line, without controls, direction marks and whatever else is there and not seen,
 * and with few marks on each letter. Empty when nothing is left.
 */
function cleaned(text: string): string {
  return text
    .slice(0, limits.displayNameReadCharacters)
    .normalize('NFC')
    .replaceAll(/[\s\u0085]+/gu, ' ')
    .replaceAll(joinersOfNoUse, '')
    .replaceAll(unseen, '')
    .replaceAll(marks, (pile) => [...pile].slice(0, limits.displayNameMarks).join(''))
    .replace(/^[\p{M}\s]+/u, '')
    .trim()
}

/**
 * Controls, formats (direction marks among them), halves of characters, what has no agreed meaning, and what is shown as
 * nothing: fillers, variation selectors, the empty pattern of Braille. Not the two joiners, which some writing needs.
 */
const unseen = /(?![\u200c\u200d])[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu

/**
 * One joiner between two letters of Persian or Hindi changes what is read. Elsewhere it only hides, and between marks it
 * would hide how many these are.
 */
const joinersOfNoUse =
  /[\u200c\u200d]{2,}|(?<![[\p{L}\p{M}]--[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]])[\u200c\u200d]|[\u200c\u200d](?![\p{L}--[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]])/gv

const marks = /\p{M}{2,}/gu

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

function cutAtEnd(text: string): string {
  if (charactersOf(text) <= limits.displayNameCharacters) return text
  return `${begin(segmentsOf(text), limits.displayNameCharacters - 1).trimEnd()}…`
}

function cutInTheMiddle(text: string): string {
  if (charactersOf(text) <= limits.displayNameCharacters) return text
  const segments = segmentsOf(text)
  const half = Math.floor((limits.displayNameCharacters - 1) / 2)
  return `${begin(segments, half)}…${end(segments, half)}`
}

/** As many whole segments from the start as have at most so many characters together. */
function begin(segments: readonly string[], most: number): string {
  let taken = ''
  for (const segment of segments) {
    if (charactersOf(taken) + charactersOf(segment) > most) break
    taken += segment
  }
  return taken
}

function end(segments: readonly string[], most: number): string {
  let taken = ''
  for (const segment of segments.toReversed()) {
    if (charactersOf(taken) + charactersOf(segment) > most) break
    taken = segment + taken
  }
  return taken
}

/** What people take for one character each; one that is longer than any writing needs counts as its parts. */
function segmentsOf(text: string): readonly string[] {
  return [...graphemes.segment(text)].flatMap(({ segment }) =>
    charactersOf(segment) > 16 ? [...segment] : [segment],
  )
}

function charactersOf(text: string): number {
  return [...text].length
}
