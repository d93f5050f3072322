import { parse, TomlError, type TomlTable } from 'smol-toml'
import { keyOf, type ReadingFault, type Setting, valuesOf } from './setting.ts'

export interface ReadSettings {
  readonly settings: readonly Setting[]
  readonly faults: readonly ReadingFault[]
}

/** A list may go on for so many lines before it counts as never closed. */
const longestStatement = 1000

/**
 * Reads the part of TOML that oauth2-proxy's configuration file uses: `key = value` with texts, lists of texts, numbers
 * and booleans. Tables, dates and lists in lists are faults, as nothing there reads them. Every fault of the file is
 * told, and every setting knows its place: so the library reads one statement at a time.
 */
export function readToml(text: string, file: string): ReadSettings {
  const lines = text.split(/\r?\n/)
  const settings: Setting[] = []
  const faults: ReadingFault[] = []
  let index = 0
  while (index < lines.length) {
    const statement = readStatement(lines, index)
    const line = index + 1
    const at = { file, line, column: (lines[index] ?? '').search(/\S/) + 1 }
    index += statement.lines
    if ('fault' in statement) {
      const { fault } = statement
      faults.push({ at: { file, line: line + fault.line - 1, column: fault.column }, message: fault.message })
      continue
    }
    for (const [name, value] of Object.entries(statement.table)) {
      const values = textsOf(value)
      const key = keyOf(name)
      if (values === null) {
        faults.push({ at, message: wrongKind(value) })
        continue
      }
      if (settings.some((setting) => setting.key === key)) {
        faults.push({ at, message: `${name} stands here twice` })
      }
      const split = Array.isArray(value) ? values : values.flatMap((one) => valuesOf(key, one))
      settings.push({ key, name, values: split, origin: 'file', at })
    }
  }
  return { settings, faults }
}

interface StatementFault {
  /** From the statement's first line. */
  readonly line: number
  readonly column: number
  readonly message: string
}

type Statement =
  | { readonly table: TomlTable; readonly lines: number }
  | { readonly fault: StatementFault; readonly lines: number }

/** The statement that begins at a line, and how many lines it has: the fewest that are whole. */
function readStatement(lines: readonly string[], start: number): Statement {
  const [first = ''] = lines.slice(start, start + 1)
  const alone = parsePart(first)
  if ('table' in alone || !mayGoOn(first)) return { ...alone, lines: 1 }
  const rest = lines.slice(start, start + longestStatement)
  for (let count = 2; count <= rest.length; count += 1) {
    if (!mayClose(rest[count - 1] ?? '')) continue
    const part = parsePart(rest.slice(0, count).join('\n'))
    if ('table' in part) return { ...part, lines: count }
  }
  return { fault: unclosed(first, alone.fault), lines: 1 }
}

/** Where a list began whose line ran out; else what the library found. */
function unclosed(line: string, fault: StatementFault): StatementFault {
  const ranOut = fault.message === 'unfinished array' || fault.column > line.trimEnd().length
  return ranOut && line.includes('[')
    ? { ...fault, column: line.indexOf('[') + 1, message: 'the list is not closed' }
    : fault
}

/** A list, or a text over several lines, has begun. */
function mayGoOn(line: string): boolean {
  return line.includes('[') || line.includes('"""') || line.includes("'''")
}

function mayClose(line: string): boolean {
  return line.includes(']') || line.includes('"""') || line.includes("'''")
}

function parsePart(text: string): { readonly table: TomlTable } | { readonly fault: StatementFault } {
  try {
    return { table: parse(text, { integersAsBigInt: true, maxDepth: 2 }) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [message = ''] = error.message.replace('Invalid TOML document: ', '').split('\n')
    return { fault: { line: error.line, column: error.column, message: `${message}${hintFor(message)}` } }
  }
}

/** What these files get wrong most often. */
function hintFor(message: string): string {
  switch (message) {
    case 'unrecognised escape sequence':
      return ': write a regular expression in single quotes'
    case 'invalid value':
      return ': texts stand in quotes'
    default:
      return ''
  }
}

function wrongKind(value: unknown): string {
  const isTable = typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
  return isTable
    ? 'no setting of oauth2-proxy stands in a table'
    : 'expected a text in quotes, a number, true, false or a list of them'
}

/** A value as texts, as flags would have them; null for what oauth2-proxy reads nowhere. */
function textsOf(value: unknown): readonly string[] | null {
  const texts = (Array.isArray(value) ? value : [value]).map(scalarText)
  return texts.every((text) => text !== null) ? texts : null
}

function scalarText(value: unknown): string | null {
  const isScalar = ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
  return isScalar ? String(value) : null
}
