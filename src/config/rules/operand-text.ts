import type { Scalar } from '../../core/rules/matcher.ts'
import type { LinesNode } from '../node.ts'
import type { Operands } from './operand.ts'

/**
 * Operands as people write them: one value in quotes when it is a text, several without where they are plain words. Of
 * a file the number of its entries, which may be thousands.
 */
export function textOf({ values, lists }: Operands<Scalar>): string {
  const written = values.filter(({ list }) => list === null).map(({ value }) => value)
  const [first] = written
  if (lists.length === 0 && written.length === 1 && first !== undefined) return alone(first)
  return `one of ${[...written.map(wordOf), ...lists.map(entriesText)].join(', ')}`
}

function alone(value: Scalar): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function wordOf(value: Scalar): string {
  if (typeof value !== 'string') return String(value)
  return /^[A-Za-z_][\w.:@/-]*$/.test(value) && value !== 'true' && value !== 'false'
    ? value
    : JSON.stringify(value)
}

function entriesText({ file, entries }: LinesNode): string {
  if (entries.length === 0) return `the entries of ${file}, which has none`
  return entries.length === 1 ? `the one entry of ${file}` : `the ${entries.length} entries of ${file}`
}
