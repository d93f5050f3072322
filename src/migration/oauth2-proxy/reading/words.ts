import type { ReadingFault } from './setting.ts'

/** A word of a command line and where it begins. */
export interface Word {
  readonly text: string
  readonly line: number
  readonly column: number
}

/**
 * Splits a shell's command line, or one word a line: quotes, backslashes, comments, and lines that a backslash joins.
 * `- "--flag=value"`, as lists of arguments stand in YAML, is the flag. Nothing is run or expanded.
 */
export function splitCommand(
  text: string,
  file: string,
): { readonly words: readonly Word[]; readonly faults: readonly ReadingFault[] } {
  const words: Word[] = []
  const faults: ReadingFault[] = []
  let open: { text: string; line: number; column: number } | null = null
  let quote = ''
  let line = 1
  let start = 0
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at] ?? '\n'
    const column = at - start + 1
    const here = (): { text: string; line: number; column: number } => open ?? { text: '', line, column }
    if (quote === '' && /\s/.test(character)) {
      if (open !== null && open.text !== '-') words.push(open)
      open = null
    } else if (quote === '' && character === '#' && open === null) {
      while (at + 1 < text.length && text[at + 1] !== '\n') at += 1
    } else if (character === '\\' && quote !== "'" && /^\r?\n/.test(text.slice(at + 1, at + 3))) {
      at += text[at + 1] === '\r' ? 2 : 1
      line += 1
      start = at + 1
      continue
    } else if (
      character === '\\' &&
      (quote === '' || (quote === '"' && /["\\$`]/.test(text[at + 1] ?? '')))
    ) {
      open = here()
      open.text += text[at + 1] ?? ''
      at += 1
    } else if (quote === character || (quote === '' && /["']/.test(character))) {
      open = here()
      quote = quote === '' ? character : ''
    } else if (at < text.length) {
      open = here()
      open.text += character
    }
    if (character === '\n' && at < text.length) {
      line += 1
      start = at + 1
    }
  }
  if (quote !== '') {
    const where = open ?? { line, column: 1 }
    faults.push({ at: { file, line: where.line, column: where.column }, message: 'a quote is not closed' })
  }
  return { words, faults }
}
