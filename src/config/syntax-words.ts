import type { YAMLError } from 'yaml'
import { deeperSlip, indentationSlip, isBlank, nextLine } from './indentation.ts'
import type { Position } from './node.ts'

/** Where the parser stopped: what it calls the fault, and the text around it. */
export interface ParserFault {
  readonly code: YAMLError['code']
  /** In the parser's words: only looked at, never shown. */
  readonly said: string
  readonly position: Position
  readonly lines: readonly string[]
  /** Lines that were told to be wrong: what follows from them is no fault of its own. */
  readonly wrong: ReadonlySet<number>
}

/** What is told of a fault of YAML. Never holds a value of the file, which may be a secret. */
export interface SyntaxFault {
  readonly position: Position | null
  readonly message: string
}

/**
 * A fault of YAML in words that need no knowledge of YAML: what was found, and what would be right. Null: it follows
 * from another, which is told.
 */
export function wordsFor(error: ParserFault): SyntaxFault | null {
  const { code, lines, position, wrong } = error
  if (wrong.has(position.line)) return null
  const line = lines[position.line - 1] ?? ''
  if (unquotedReference.test(line) && code !== 'BAD_DQ_ESCAPE') return referenceWithoutQuotes(error, line)
  switch (code) {
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return ofLines(error, line)
    default:
      return { position: firstOf(line, position), message: ofPlace(error, line) }
  }
}

/** Whether all that the parser says after it may follow from it. */
export function isUnclosed(said: string): boolean {
  return /quote$|^flow (?:map|seq)/i.test(said)
}

const unquotedReference = /[[{,:]\s*\$\{/

/** Whether the line of a place has a `${…}` that may lack its quotes. */
export function holdsUnquotedReference(lines: readonly string[], { line }: Position): boolean {
  return unquotedReference.test(lines[line - 1] ?? '')
}

function referenceWithoutQuotes({ position }: ParserFault, line: string): SyntaxFault {
  const at = unquotedReference.exec(line)
  const column = at === null ? position.column : at.index + at[0].length - 1
  const message = `in {…} and […] a value with "\${…}" stands in quotes: write "\${env:NAME}"`
  return { position: { line: position.line, column }, message }
}

/** Faults that show in how lines follow each other. */
function ofLines(error: ParserFault, line: string): SyntaxFault | null {
  const { said, position, lines } = error
  const bracket = /^flow (map|seq)/i.exec(said)?.[1]
  if (bracket !== undefined) return ofBrackets(error, bracket === 'map' ? '{' : '[', line)
  if (/quote$/.test(said)) return ofQuotes(error)
  if (/^comments must/i.test(said)) return { position, message: 'a space is missing in front of "#"' }
  if (/^missing ,/i.test(said))
    return { position, message: 'a comma is missing here, or quotes around the text' }
  const slip = spaceSlip(line, position) ?? colonInText(line, position)
  if (slip !== null) return slip
  const ofValue = position.column > (/^\s*(?:- +)*/.exec(line)?.[0].length ?? 0) + 1
  const deeper = ofValue ? deeperSlip(lines, position.line) : null
  if (deeper !== null) return deeper
  if (error.code === 'MULTILINE_IMPLICIT_KEY' && !ofValue) {
    return { position: firstOf(line, position), message: noColon(line) }
  }
  return ofIndentation(error, line)
}

const dashAmongKeys =
  'an item of a list ("- …") stands among keys: a list stands below a key of its own, which has no other value'

function ofIndentation({ position, lines, wrong, said }: ParserFault, line: string): SyntaxFault | null {
  // What is told of the blank lines in front of it is meant of the line itself.
  const number = isBlank(lines, position.line) ? nextLine(lines, position.line) : position.line
  const slip = indentationSlip(lines, number ?? position.line, wrong)
  if (slip !== null) return wrong.has(slip.position.line) ? null : slip
  if (wrong.size > 0) return null
  const isDash = /^\s*- /.test(line) && /sequence/i.test(said)
  return { position: firstOf(line, position), message: isDash ? dashAmongKeys : outOfLine }
}

const outOfLine =
  'this line cannot follow the lines above it: expected `key: value`, as far in as its neighbours'

/** `url:https://…` and `-path: /x`. */
function spaceSlip(line: string, { line: number }: Position): SyntaxFault | null {
  const dash = /^\s*(?:- +)*-(?=[A-Za-z"'{[])/.exec(line)
  if (dash !== null) {
    return { position: { line: number, column: dash[0].length }, message: 'a space is missing behind "-"' }
  }
  const [found, before = '', key = ''] = /^(\s*(?:- +)*)([A-Za-z_][\w.-]{0,60}):(?=[^\s:])/.exec(line) ?? []
  if (found === undefined) return null
  // What looks like no key of ours may be a line of a secret.
  const message = `a space is missing behind "${/^[a-z_]{1,20}$/.test(key) ? key : ''}:"`
  return { position: { line: number, column: before.length + key.length + 1 }, message }
}

/** `title: Wiki: the best` */
function colonInText(line: string, { line: number, column }: Position): SyntaxFault | null {
  const rest = line.slice(column - 1)
  const colon = /^[^"'#\s][^#]*?:(?=\s|$)/.exec(rest)
  // Of a key that begins the line that is its own colon.
  if (colon === null || line.slice(0, column - 1).trim() === '') return null
  return { position: { line: number, column }, message: 'a text that holds ": " stands in quotes' }
}

function noColon(line: string): string {
  const equals = /^\s*(?:- +)*[A-Za-z_][\w.-]*\s*=/.test(line)
  if (equals) return 'expected `key: value`, found "=" in place of ":"'
  return 'expected `key: value`, found no ":" with a space behind it'
}

function ofBrackets({ position, lines }: ParserFault, bracket: '{' | '[', line: string): SyntaxFault {
  const closing = bracket === '{' ? '}' : ']'
  if (line.trimStart().startsWith(closing)) {
    const message = `the "${closing}" stands too far left: expected it further in than the key that it closes`
    return { position: firstOf(line, position), message }
  }
  const opened = openingOf(lines, position, bracket)
  const message = `this "${bracket}" is not closed: a "${closing}" is missing`
  return { position: opened ?? position, message }
}

/** Where the bracket stands that is open at a place. */
function openingOf(lines: readonly string[], { line, column }: Position, bracket: string): Position | null {
  const closing = bracket === '{' ? '}' : ']'
  let open = 1
  for (let number = line; number >= 1; number -= 1) {
    const text = withoutQuoted(lines[number - 1] ?? '')
    const from = number === line ? Math.min(column - 2, text.length - 1) : text.length - 1
    for (let index = from; index >= 0; index -= 1) {
      if (text[index] === closing) open += 1
      if (text[index] === bracket) open -= 1
      if (open === 0) return { line: number, column: index + 1 }
    }
  }
  return null
}

/** The same length, with what stands in quotes blotted out. */
function withoutQuoted(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, (quoted) => ' '.repeat(quoted.length))
}

function ofQuotes({ said, position, lines }: ParserFault): SyntaxFault {
  const quote = said.includes("'") ? "'" : '"'
  for (let number = position.line; number >= 1; number -= 1) {
    const column = withoutQuoted(lines[number - 1] ?? '').lastIndexOf(quote) + 1
    if (column > 0)
      return {
        position: { line: number, column },
        message: `this ${quote} is not closed: expected another one at the end of the text`,
      }
  }
  return { position, message: `a ${quote} is not closed` }
}

/** Faults that show in one place. */
function ofPlace({ code, said, position }: ParserFault, line: string): string {
  const [character = ''] = line.slice(position.column - 1)
  switch (code) {
    case 'BAD_SCALAR_START':
      return `a text that begins with "${character}" stands in quotes`
    case 'BAD_ALIAS':
      return `a text that begins with "${character === '&' ? '&' : '*'}" stands in quotes`
    case 'BAD_DQ_ESCAPE':
      return String.raw`in "…" a backslash begins an escape such as \n: write '…' around the text, or the backslash twice`
    case 'BLOCK_IN_FLOW':
      return 'in {…} and […] there are no lines of "key: value" or "- item": expected values parted by commas, or the whole without brackets'
    case 'BAD_DIRECTIVE':
      return 'a line that begins with "%" is not allowed'
    case 'KEY_OVER_1024_CHARS':
      return 'a key has at most 1024 characters'
    case 'TAB_AS_INDENT':
      return tabMessage
    case 'UNEXPECTED_TOKEN':
      return unexpected(said, line, position)
    default:
      return 'this cannot stand here: expected `key: value`, or a text in quotes'
  }
}

export const tabMessage = 'a tab is not allowed as indentation: use spaces'

function unexpected(said: string, line: string, { column }: Position): string {
  if (/block scalar/i.test(said)) return 'a text that begins with "|" or ">" stands in quotes'
  if (/, in flow|empty item/i.test(said)) return 'a value is missing here, between two commas or brackets'
  if (/["']\s*$/.test(line.slice(0, column - 1)))
    return 'more stands behind the closing quote: expected the whole text in quotes, or a comma'
  const [character = ''] = line.slice(column - 1)
  if (character === ']' || character === '}') return `this "${character}" closes nothing`
  return 'this cannot stand here: expected a comma, a new line, or quotes around the whole text'
}

/** What is told of a whole line is told of its first character. */
function firstOf(line: string, { line: number, column }: Position): Position {
  const blanks = /^\s*/.exec(line)?.[0].length ?? 0
  return { line: number, column: Math.max(column, Math.min(blanks, line.length) + 1) }
}
