import type { ReadingFault } from './setting.ts'

/** A word of a command line and where it begins. */
export interface Word {
  readonly text: string
  readonly line: number
  readonly column: number
  /** Whether a line begins with it that no backslash joins to the one before. */
  readonly isFirst: boolean
  /** Whether a shell would fill something in: `$NAME`, `${NAME}`, `$(command)`. */
  readonly isExpanded: boolean
}

/**
 * Splits a shell's command line, or one word a line: quotes, backslashes, comments, and lines that a backslash joins.
 * Nothing is run or expanded; words in which a shell would expand something are marked.
 */
export function splitCommand(
  text: string,
  file: string,
): { readonly words: readonly Word[]; readonly faults: readonly ReadingFault[] } {
  const words: Word[] = []
  let open: Word | null = null
  let quote = ''
  let line = 1
  let start = 0
  let isFirst = true
  const add = (more: string, at: number, isExpanded = false): void => {
    const word: Word = open ?? { text: '', line, column: at - start + 1, isFirst, isExpanded: false }
    open = { ...word, text: word.text + more, isExpanded: word.isExpanded || isExpanded }
    isFirst = false
  }
  const end = (): void => {
    if (open !== null) words.push(open)
    open = null
  }
  const nextLine = (at: number): void => {
    line += 1
    start = at + 1
  }
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    const joined = character === '\\' && quote !== "'" ? /^\r?\n/.exec(text.slice(at + 1, at + 3)) : null
    if (joined !== null) {
      at += joined[0].length
      nextLine(at)
      continue
    }
    if (quote === '' && /\s/.test(character)) {
      end()
      if (character === '\n') isFirst = true
    } else if (quote === '' && character === '#' && open === null) {
      while (at + 1 < text.length && text[at + 1] !== '\n') at += 1
    } else if (isEscape(text, at, quote)) {
      add(text[at + 1] ?? '', at)
      at += 1
    } else if (quote === character || (quote === '' && /["']/.test(character))) {
      add('', at)
      quote = quote === '' ? character : ''
    } else add(character, at, quote !== "'" && /^(?:\$[\w{(]|`)/.test(text.slice(at, at + 2)))
    if (character === '\n') nextLine(at)
  }
  end()
  if (quote === '') return { words, faults: [] }
  const { line: from, column } = words.at(-1) ?? { line, column: 1 }
  return { words, faults: [{ at: { file, line: from, column }, message: 'a quote is not closed' }] }
}

function isEscape(text: string, at: number, quote: string): boolean {
  if (text[at] !== '\\') return false
  return quote === '' || (quote === '"' && /["\\$`]/.test(text[at + 1] ?? ''))
}

/** The program, by whatever path it is called. */
export function isProgram(word: string): boolean {
  return /(?:^|\/)oauth2-proxy$/.test(word)
}
