import { splitWords } from './words.ts'

/**
 * What is left of a text after httpd's expression parser: it takes every backslash off, also before letters that a
 * regular expression needs it for. `foo\.com` becomes `foo.com`, and `\d` becomes `d`.
 */
export function dropBackslashes(text: string): string {
  return text.replace(/\\([0-7]{1,3}|[\s\S])/g, (_whole, escaped: string) => {
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8) & 0xff)
    return letters.get(escaped) ?? escaped
  })
}

const letters: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
])

/** Whether a text asks the expression parser for a value: `%{env:X}`, `$1`. */
export function hasVariables(text: string): boolean {
  return /%\{|\$[0-9]/.test(text)
}

/** One word of `Require claim`, in both readings. */
export interface ClaimSpec {
  /** As it is matched: without the backslashes that httpd ate. */
  readonly eaten: string
  /** As its author meant it. */
  readonly literal: string
}

/** The words of `Require claim`: first the expression parser, then words in quotes. */
export function claimSpecs(args: string): readonly ClaimSpec[] {
  const literal = splitWords(args)
  return splitWords(dropBackslashes(args)).map((eaten, index) => ({
    eaten,
    literal: literal[index] ?? eaten,
  }))
}
