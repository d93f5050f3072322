import type { TargetReason } from '../decision.ts'
import { limits } from '../limits/table.ts'
import type { AmbiguousKind } from './ambiguous-kind.ts'

/** Decoded segments, without the trailing slash's empty one. */
export type Segments = readonly string[]

export type PathReadings =
  | {
      readonly ok: true
      /** Distinct; the path as it stands is the first. */
      readonly readings: readonly Segments[]
      /** What makes them: an app that does not list each of these is not sent the path. */
      readonly kinds: readonly AmbiguousKind[]
    }
  | { readonly ok: false; readonly reason: TargetReason }

const ambiguous = /\/\/|;|%(?:2F|3F|23|3B|25[0-9A-Fa-f]{2})/
const escaped = /%[0-9A-Fa-f]{2}/
const escapes = /(?:%[0-9A-Fa-f]{2})+/g

// Stands between segments, as a slash may be part of one. No path holds it: an escaped one is refused.
const separator = '\0'
const controls = /[\x01-\x1f\x7f-\x9f]/
const dots = /(?:^|\0)\.\.?(?:\0|$)/

/** Whether servers may read a canonical path in more than one way. */
export function isAmbiguous(path: string): boolean {
  return ambiguous.test(path)
}

/**
 * Every way in which a server may read a canonical path. It decodes escapes once, and some do so twice or three times;
 * before and after each time it may end the path at `?` or `#`, split at `/`, end segments at `;` and leave empty ones
 * out, each or not. What any of them reads is held against every refusal: dots, controls, backslashes, what is no UTF-8,
 * an empty segment at the beginning, what is still escaped at the end. More readings than the limit are none.
 */
export function readingsOf(path: string): PathReadings {
  const kinds: AmbiguousKind[] = []
  const readings: string[] = []
  let texts: readonly string[] = [path.slice(1).replaceAll('/', separator)]
  for (let decoded = 0; texts.length > 0; decoded += 1) {
    if (decoded > limits.pathDecodings) return refused('target-double-encoding')
    if (decoded > 1) addDistinct(kinds, 'percent')
    const next = decoded === 0 ? texts : decodedOnce(texts)
    if (typeof next === 'string') return refused(next)
    texts = branches(next, kinds)
    const reason = refusedStructure(texts)
    if (reason !== null) return refused(reason)
    if (decoded === 0) continue
    for (const text of texts) addDistinct(readings, text.endsWith(separator) ? text.slice(0, -1) : text)
    if (tooMany(texts) || readings.length > limits.pathReadings) return refused('target-ambiguous')
    texts = texts.filter((text) => escaped.test(text))
  }
  return { ok: true, readings: readings.map(segmentsOf), kinds }
}

/** In the order of a server that does all of it. */
const steps: readonly (readonly [AmbiguousKind, (text: string) => string])[] = [
  ['question_mark', (text) => endedAt(text, '?')],
  ['hash', (text) => endedAt(text, '#')],
  ['slash', (text) => text.replaceAll('/', separator)],
  ['semicolon', (text) => text.replace(/;[^\0]*/g, '')],
  // One at the end is a trailing slash, and stays.
  ['empty_segment', (text) => text.replace(/\0{2,}/g, separator)],
]

/** Each text with each step taken, and not taken: the untouched one first. Too many end it: they are refused anyway. */
function branches(texts: readonly string[], kinds: AmbiguousKind[]): readonly string[] {
  let all = texts
  for (const [kind, step] of steps) {
    const next: string[] = []
    for (const text of all) {
      const other = step(text)
      addDistinct(next, text)
      if (other === text) continue
      addDistinct(kinds, kind)
      addDistinct(next, other)
    }
    all = next
    if (tooMany(all)) return all
  }
  return all
}

/** A reading comes of at most two texts, one of them with a trailing slash. */
function tooMany(texts: readonly string[]): boolean {
  return texts.length > 2 * limits.pathReadings
}

function addDistinct<T>(list: T[], one: T): void {
  if (!list.includes(one)) list.push(one)
}

/** The texts once more decoded, or why they are refused. A `%` that no digits follow stays one. */
function decodedOnce(texts: readonly string[]): readonly string[] | TargetReason {
  const decoded: string[] = []
  for (const text of texts) {
    if (text.includes('%00')) return 'target-control'
    try {
      decoded.push(text.replace(escapes, decodeURIComponent))
    } catch {
      return 'target-utf8'
    }
  }
  for (const text of decoded) {
    if (controls.test(text)) return 'target-control'
    if (text.includes('\\')) return 'target-encoded-backslash'
  }
  return decoded
}

function refusedStructure(texts: readonly string[]): TargetReason | null {
  for (const text of texts) {
    // `//evil.example` is another host's address to some readers.
    if (text.startsWith(separator)) return 'target-empty-segment'
    if (dots.test(text)) return 'target-dot-segment'
  }
  return null
}

function endedAt(text: string, mark: '?' | '#'): string {
  const at = text.indexOf(mark)
  return at === -1 ? text : text.slice(0, at)
}

function segmentsOf(text: string): Segments {
  return text === '' ? [] : text.split(separator)
}

function refused(reason: TargetReason): PathReadings {
  return { ok: false, reason }
}
