import type { Scalar } from '../../core/rules/matcher.ts'
import type { ConfigNode, ConfigPath, LinesNode, ScalarNode } from '../node.ts'
import { allOrNull, fault, type Place, type RuleContext } from './context.ts'

/**
 * Operands: what a claim is held against. Each reader reports what is wrong and answers null. Values that came from
 * `${…}` are never printed.
 */

/** One operand and where it stands. */
export interface Operand<T> {
  readonly value: T
  readonly place: Place
  /** Whether it came from `${…}`: then no message may hold it. */
  readonly isData: boolean
  /** The file whose entry it is. */
  readonly list: LinesNode | null
}

/** A value, a list of values, the entries of a file, or of both: one of them. */
export interface Operands<T> {
  readonly values: readonly Operand<T>[]
  /** The files among them whose lines are entries, in the order of the file. */
  readonly lists: readonly LinesNode[]
  /** Whether one of these has no entries: then the condition lets nobody in, and neither does its negation. */
  readonly emptied: boolean
}

/** Operands of the types that the file says. */
export function readScalars(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
): Operands<Scalar> | null {
  return readOneOrMore(node, path, context, readScalar)
}

/** The same where only texts make sense. */
export function readTexts(node: ConfigNode, path: ConfigPath, context: RuleContext): Operands<string> | null {
  return readOneOrMore(node, path, context, readText)
}

const mostTried = 1000

/** What tries each operand in turn takes no more from files than a person writes. */
export function fewEnough<T>(operands: Operands<T> | null, context: RuleContext): Operands<T> | null {
  const large = operands?.values.length ?? 0
  const entry = operands?.values.find(({ list }) => list !== null)
  if (entry === undefined || large <= mostTried) return operands
  return fault(context, entry.place, `at most ${mostTried} entries here, where each is tried in turn`)
}

/** What a test holds: nothing at all, when a list among them was emptied. */
export function valuesOf<T>({ values, emptied }: Operands<T>): readonly T[] {
  return emptied ? [] : values.map(({ value }) => value)
}

type Reader<T> = (node: ConfigNode, path: ConfigPath, context: RuleContext) => T | null

function readOneOrMore<T>(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
  read: Reader<T>,
): Operands<T | string> | null {
  const written = node.kind === 'list' ? node.items : [node]
  if (written.length === 0) {
    return fault(context, { position: node.at, path }, 'an empty list matches nobody')
  }
  const operands = written.map((item, index) =>
    readOperands(item, node.kind === 'list' ? [...path, index] : path, context, read),
  )
  const values = allOrNull(operands)
  if (values === null) return null
  const lists = written.filter((item) => item.kind === 'lines')
  return { values: values.flat(), lists, emptied: lists.some(({ entries }) => entries.length === 0) }
}

/** What stands in one place: an operand, or the entries of a file. */
function readOperands<T>(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
  read: Reader<T>,
): readonly Operand<T | string>[] | null {
  const place = { position: node.at, path }
  if (node.kind === 'lines') {
    if (node.entries.length === 0) context.emptyLists.set(node.file, place)
    return node.entries.map((value) => ({ value, place, isData: true, list: node }))
  }
  const value = read(node, path, context)
  return value === null ? null : [{ value, place, isData: isData(node), list: null }]
}

function isData(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.interpolated
}

/** One text, number or boolean, of the type that the file says. */
function readScalar(node: ConfigNode, path: ConfigPath, context: RuleContext): Scalar | null {
  const place = { position: node.at, path }
  if (node.kind !== 'scalar') return fault(context, place, `expected a value, found ${found[node.kind]}`)
  const { value } = node
  if (value === null) return fault(context, place, 'nothing stands here: expected a value')
  if (value === '') return fault(context, place, 'the text is empty: expected a value')
  if (typeof value === 'string' && node.interpolated && /[\n\r]/.test(value)) {
    const message = `what ${node.source} yields has a line break: \${lines:FILE} takes each line of a file as one entry`
    return fault(context, place, message)
  }
  if (typeof value === 'number' && !isPlainDecimal(node.source)) {
    return fault(
      context,
      place,
      `YAML reads ${node.source} as a number, and not as it is written: put it in quotes`,
    )
  }
  return value
}

const found = { map: 'a mapping', list: 'a list in a list', lines: 'the lines of a file' } as const

/** One text that is not empty. */
export function readText(node: ConfigNode, path: ConfigPath, context: RuleContext): string | null {
  const value = readScalar(node, path, context)
  if (value === null || typeof value === 'string') return value
  return fault(
    context,
    { position: node.at, path },
    `expected a text, found the ${typeof value} ${value}: put it in quotes`,
  )
}

/** One number; from `${…}` a text that is one. */
export function readNumber(node: ConfigNode, path: ConfigPath, context: RuleContext): number | null {
  const place = { position: node.at, path }
  const plain =
    'expected a number in plain decimals, at most 2^53-1, with at most 15 digits if it has a fraction'
  if (node.kind === 'scalar' && node.interpolated) {
    const { value } = node
    return typeof value === 'string' && isPlainDecimal(value) ? Number(value) : fault(context, place, plain)
  }
  if (node.kind === 'scalar' && typeof node.value === 'number' && !isPlainDecimal(node.source)) {
    const found = `YAML reads ${node.source} as a number, and not as it is written`
    return fault(context, place, `${found}: ${plain}`)
  }
  if (node.kind === 'list') return fault(context, place, 'expected one number, found a list')
  const value = readScalar(node, path, context)
  if (value === null || typeof value === 'number') return value
  return fault(
    context,
    place,
    `expected a number, found the ${typeof value === 'string' ? 'text' : 'boolean'} ${value}`,
  )
}

/** `true` or `false`; from `${…}` one of these texts. */
export function readBoolean(node: ConfigNode, path: ConfigPath, context: RuleContext): boolean | null {
  const value = node.kind === 'scalar' ? booleanOf(node) : null
  return value ?? fault(context, { position: node.at, path }, 'expected true or false')
}

function booleanOf({ value, interpolated }: ScalarNode): boolean | null {
  if (typeof value === 'boolean') return value
  if (!interpolated) return null
  return value === 'true' ? true : value === 'false' ? false : null
}

/**
 * Plain decimal within 2^53: what a person and every YAML reader read alike. `00E1` is 0, `005000000000001` loses its
 * zeros, a fraction of more than 15 digits its last ones.
 */
export function isPlainDecimal(source: string): boolean {
  const [, digits = '', fraction = ''] = /^-?(0|[1-9]\d*)(?:\.(\d+))?$/.exec(source) ?? []
  if (digits === '') return false
  if (fraction !== '' && (digits + fraction).replace(/^0+/, '').length > 15) return false
  return Number(digits) <= Number.MAX_SAFE_INTEGER
}
