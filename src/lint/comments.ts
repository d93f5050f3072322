import { Lexer } from 'yaml'
import type { Position } from '../config/node.ts'

export interface Comment {
  readonly position: Position
  /** Without `#` and the spaces around. */
  readonly text: string
  /** Whether nothing else stands in its line. */
  readonly alone: boolean
}

/** Marks of the lexer that stand for nothing in the text: the parts of YAML's own `cst` documentation. */
const marks: ReadonlySet<string> = new Set(['\u0002', '\u0018'])
const scalarMark = '\u001f'

/** The comments of a YAML text, with their places. A `#` in a text is none. */
export function commentsOf(text: string): readonly Comment[] {
  const comments: Comment[] = []
  const lines = text.split('\n')
  let [line, column, isScalar] = [1, 1, false]
  for (const token of new Lexer().lex(text)) {
    if (marks.has(token)) continue
    if (token === scalarMark) {
      isScalar = true
      continue
    }
    if (token.startsWith('#') && !isScalar) {
      const alone = lines[line - 1]?.slice(0, column - 1).trim() === ''
      comments.push({ position: { line, column }, text: token.slice(1).trim(), alone })
    }
    isScalar = false
    const rows = token.split('\n')
    column = rows.length === 1 ? column + token.length : (rows.at(-1) ?? '').length + 1
    line += rows.length - 1
  }
  return comments
}
