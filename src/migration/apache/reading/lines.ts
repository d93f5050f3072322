import type { SourcePosition } from '../../source-position.ts'

/** One line as httpd sees it: continuations joined, edges trimmed. The place is that of its first character. */
export interface LogicalLine {
  readonly text: string
  readonly at: SourcePosition
}

/**
 * Splits a file into httpd's lines. A backslash at the end of a line joins the next one, also in a comment and also
 * after another backslash (httpd's `ap_cfg_getline`). Empty lines and comments are left out; a `#` begins a comment
 * only where the line begins.
 */
export function readLines(text: string, file: string): readonly LogicalLine[] {
  const physical = text.split('\n')
  const lines: LogicalLine[] = []
  for (let index = 0; index < physical.length; index += 1) {
    const first = index
    let joined = withoutReturn(physical[index])
    while (joined.endsWith('\\') && index + 1 < physical.length) {
      index += 1
      joined = joined.slice(0, -1) + withoutReturn(physical[index])
    }
    const trimmed = joined.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const column = joined.length - joined.trimStart().length + 1
    lines.push({ text: trimmed, at: { file, line: first + 1, column } })
  }
  return lines
}

function withoutReturn(line: string | undefined): string {
  return line?.replace(/\r$/, '') ?? ''
}
