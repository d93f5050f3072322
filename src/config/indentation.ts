import type { Position } from './node.ts'

/** Where something begins in a line: a key, or the dash of an item. */
interface Start {
  readonly kind: 'dash' | 'key'
  readonly line: number
  readonly column: number
}

/** What begins in a line: `  - path: /x` has a dash in column 3 and a key in column 5. Nothing in an empty one. */
function startsOf(lines: readonly string[], line: number): readonly Start[] {
  const [, blanks = '', dashes = '', rest = ''] = /^( *)((?:- +)*)(.*)$/s.exec(lines[line - 1] ?? '') ?? []
  if (rest === '' || rest.startsWith('#')) return []
  const found = [...dashes.matchAll(/-/g)].map(({ index }): Start => {
    return { kind: 'dash', line, column: blanks.length + index + 1 }
  })
  return [...found, { kind: 'key', line, column: blanks.length + dashes.length + 1 }]
}

/** What is wrong with how far in a line begins: where that is, and where it was meant to begin. */
export interface IndentationSlip {
  readonly position: Position
  readonly message: string
}

/**
 * The slip of a line that begins where nothing of its kind does; null when it is in line with one before it, so that
 * another line is to blame. `wrong` are lines that are known to be: nothing is in line with them.
 */
export function indentationSlip(
  lines: readonly string[],
  line: number,
  wrong: ReadonlySet<number>,
): IndentationSlip | null {
  const [own] = startsOf(lines, line)
  if (own === undefined) return null
  const { column } = own
  const levels = levelsBefore(lines, own, wrong).filter(({ kind }) => kind === own.kind)
  if (levels.some((level) => level.column === column)) return null
  const further = levels.filter((level) => level.column > column)
  const meant = further.toSorted((a, b) => a.column - b.column)[0] ?? levels.at(-1)
  if (meant === undefined) return null
  const expected = `column ${meant.column}, as in line ${meant.line}`
  const message = `this line begins in column ${column}, where nothing else does: expected ${expected}`
  return { position: { line, column }, message }
}

/** What begins in the lines before, up to the one that the line lies within; the nearest line first. */
function levelsBefore(
  lines: readonly string[],
  { line, column }: Start,
  wrong: ReadonlySet<number>,
): readonly Start[] {
  const levels: Start[] = []
  for (let before = line - 1; before >= 1; before -= 1) {
    const starts = wrong.has(before) ? [] : startsOf(lines, before)
    levels.push(...starts)
    if ((starts[0]?.column ?? column) < column) return levels
  }
  return levels
}

/**
 * The slip of the line after another that has its value already, where it begins further in than that one's key; null
 * when it does not.
 */
export function deeperSlip(lines: readonly string[], line: number): IndentationSlip | null {
  const own = startsOf(lines, line).at(-1)
  const next = nextLine(lines, line)
  const [start] = next === null ? [] : startsOf(lines, next)
  if (own === undefined || start === undefined || start.column <= own.column) return null
  const { column } = start
  const message = `this line begins in column ${column}, further in than line ${line}, which has a value already: expected column ${own.column}`
  return { position: { line: start.line, column }, message }
}

/** The next line that holds something. */
export function nextLine(lines: readonly string[], line: number): number | null {
  for (let next = line + 1; next <= lines.length; next += 1) {
    if (startsOf(lines, next).length > 0) return next
  }
  return null
}

/** Whether nothing begins in a line. */
export function isBlank(lines: readonly string[], line: number): boolean {
  return startsOf(lines, line).length === 0
}
