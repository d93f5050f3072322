// How paths are compared at apps with `ignore_case`.

/** Servers disagree about their case: each is an ASCII letter to some, and none to others. U+017F, U+0131, U+0130, U+212A. */
const disputed = /[\u017F\u0131\u0130\u212A]/u

// More marks in a row no language has (UAX 15, Stream-Safe Text Format), and to sort them takes the square of their number.
const manyMarks = /[\p{M}\p{Default_Ignorable_Code_Point}]{31}/u

// Iota subscript (U+0345, alone or in a letter) becomes a letter in capitals. What stands behind it, where no normalised
// text has a mark, belongs to that letter or to the one before, by what a server does first.
const markBehindIota =
  /[\u0345\u037a\u1f80-\u1faf\u1fb2-\u1fb4\u1fb7\u1fbc\u1fc2-\u1fc4\u1fc7\u1fcc\u1ff2-\u1ff4\u1ff7\u1ffc]\p{Default_Ignorable_Code_Point}*\p{M}/u

/**
 * Whether a segment holds `ſ`, `ı`, `İ` or the Kelvin sign, more than 30 combining or invisible characters in a row, or
 * a mark behind an iota subscript: it is not compared.
 */
export function hasDisputedCase(segment: string): boolean {
  return disputed.test(segment) || manyMarks.test(segment) || markBehindIota.test(segment)
}

const beyondAscii = /[^\x00-\x7f]/
// What caseless identifiers leave out (NFKC_Casefold), and the dot that Turkish and Lithuanian rules put on an i or take off.
const leftOut = /\p{Default_Ignorable_Code_Point}|\u0307/gu
const softHyphen = '\u00ad'

/**
 * The widest comparison without case: what any server may take for the same segment has the same key, be it one that
 * compares upper-case letters (`ß` is SS, `ﬁ` FI), lower-case ones (the Kelvin sign is a k), folded ones, those of a
 * language (Turkish `ı` and `I`), or compatible characters. Of different segments only some servers would say so.
 */
export function caselessKey(segment: string): string {
  if (!beyondAscii.test(segment)) return segment.toLowerCase()
  if (manyMarks.test(segment)) return segment
  const decomposed = segment.normalize('NFKD').toLowerCase().toUpperCase().toLowerCase()
  // Without what kept marks apart they are sorted anew, and a ς may stand in a word. An empty key would be no segment.
  return decomposed.replace(leftOut, '').normalize('NFKD').replaceAll('ς', 'σ') || softHyphen
}

/** The keys of a path’s segments. */
export function caselessKeys(segments: readonly string[]): readonly string[] {
  return segments.map(caselessKey)
}

/**
 * Whether segments lie at or below a configured path under Unicode’s simple case folding, one character to one: `Ä` is
 * `ä`, and `ß` is not `ss`. Null in the path stands for `*`.
 */
export function beginsCaselessly(segments: readonly string[], path: readonly (string | null)[]): boolean {
  if (segments.length < path.length) return false
  for (let i = 0; i < path.length; i++) {
    const written = path[i] ?? null
    if (written !== null && !foldAlike(written, segments[i] ?? '')) return false
  }
  return true
}

// ECMA-262 22.2.2.7.3: with `i` and `u` characters are compared by the simple case folding of Unicode’s CaseFolding.
const twice = /^(.)\1$/isu

function foldAlike(a: string, b: string): boolean {
  if (a === b) return true
  if (!beyondAscii.test(a) && !beyondAscii.test(b)) return a.toLowerCase() === b.toLowerCase()
  const [those, others] = [[...a], [...b]]
  if (those.length !== others.length) return false
  return those.every((character, i) => character === others[i] || twice.test(character + others[i]))
}
