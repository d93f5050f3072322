import type { Directive } from './tree.ts'
import { splitWords } from './words.ts'

/** The last directive of a name; null where there is none. */
export function lastOf(directives: readonly Directive[], name: string): Directive | null {
  const key = name.toLowerCase()
  return directives.findLast((directive) => directive.key === key) ?? null
}

/** The words of the last directive of a name; empty where there is none. */
export function wordsOf(directives: readonly Directive[], name: string): readonly string[] {
  return splitWords(lastOf(directives, name)?.rest ?? '')
}
