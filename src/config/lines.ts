import { decodeUtf8, readBeside, type Surroundings } from './files.ts'
import type { ConfigPath } from './node.ts'

export type ReadLines =
  | { readonly ok: true; readonly entries: readonly string[] }
  | { readonly ok: false; readonly message: string }

/** Far more than a list that people keep; beyond it a group at the provider is what is wanted. */
const mostEntries = 100_000

/** The file that `${lines:FILE}` names when it is the whole of a value; null for every other text. */
export function linesReference(value: string): string | null {
  return /^\$\{lines:([^}]*)\}$/.exec(value)?.[1] ?? null
}

/**
 * Whether a list of lines may stand at a path: in rules and in what chooses among a header's elements, where a file
 * that becomes empty opens nothing. Anywhere else it would be a list that nobody sees.
 */
export function mayHoldLines([first, second, third, ...rest]: ConfigPath): boolean {
  if (first === 'policies') return second !== undefined
  if (first === 'api_keys') return second === 'self_service' && third === 'require'
  if (first === 'defaults') return isOfRule([second, third, ...rest])
  if (first !== 'apps') return false
  return isOfRule(third === 'locations' ? rest.slice(1) : [third, ...rest])
}

function isOfRule([key, , inner]: readonly (string | number | undefined)[]): boolean {
  return key === 'require' || (key === 'identity_headers' && inner === 'only')
}

/**
 * One entry a line, each once. Lines that begin with `#` and empty ones are left out; blanks, CR and byte order marks
 * at the edges of a line go. A control within one is a fault: what a person sees there is not what would be compared.
 * A file without entries is none; see core/rules/emptied. Messages never hold an entry.
 */
export function readLines(file: string, surroundings: Surroundings): ReadLines {
  if (file === '') return { ok: false, message: `"\${lines:}" names no file` }
  const read = readBeside(surroundings, file)
  if (!read.ok) return { ok: false, message: `the file ${file}: ${read.reason}` }
  const text = decodeUtf8(read.bytes)
  if (text === null) return { ok: false, message: `the file ${file} is no UTF-8 text` }
  const entries = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.replace(/^[ \t\r\uFEFF]+|[ \t\r\uFEFF]+$/g, '')
    if (/\p{Cc}/u.test(entry)) {
      return { ok: false, message: `the file ${file} has a control character in line ${index + 1}` }
    }
    if (entry !== '' && !entry.startsWith('#')) entries.add(entry)
  }
  if (entries.size > mostEntries) {
    return { ok: false, message: `the file ${file} has more than ${mostEntries} entries` }
  }
  return { ok: true, entries: [...entries] }
}
