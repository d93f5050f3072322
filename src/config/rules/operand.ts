import type { Scalar } from '../../core/rules/matcher.ts'
import type { ConfigNode, ConfigPath, ScalarNode } from '../node.ts'
import { allOrNull, fault, type RuleContext } from './context.ts'

/**
 * Operands: what a claim is held against. Each reader reports what is wrong and answers null. Values that came from
 * `${…}` are never printed.
 */

/** A value or a list of values: one of them. */
export function readScalars(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
): readonly Scalar[] | null {
  return readOneOrMore(node, path, context, readScalar)
}

/** The same where only texts make sense. */
export function readTexts(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
): readonly string[] | null {
  return readOneOrMore(node, path, context, readText)
}

type Reader<T> = (node: ConfigNode, path: ConfigPath, context: RuleContext) => T | null

function readOneOrMore<T>(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
  read: Reader<T>,
): readonly T[] | null {
  if (node.kind !== 'list') {
    const value = read(node, path, context)
    return value === null ? null : [value]
  }
  if (node.items.length === 0)
    return fault(context, { position: node.at, path }, 'an empty list matches nobody')
  return allOrNull(node.items.map((item, index) => read(item, [...path, index], context)))
}

/** One text, number or boolean, of the type that the file says. */
function readScalar(node: ConfigNode, path: ConfigPath, context: RuleContext): Scalar | null {
  const place = { position: node.at, path }
  if (node.kind !== 'scalar') {
    return fault(
      context,
      place,
      `expected a value, found ${node.kind === 'map' ? 'a mapping' : 'a list in a list'}`,
    )
  }
  const { value } = node
  if (value === null) return fault(context, place, 'nothing stands here: expected a value')
  if (value === '') return fault(context, place, 'the text is empty: expected a value')
  if (typeof value === 'number' && !isPlainDecimal(node.source)) {
    return fault(
      context,
      place,
      `YAML reads ${node.source} as a number, and not as it is written: put it in quotes`,
    )
  }
  return value
}

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
  if (node.kind === 'scalar' && node.interpolated) {
    const { value } = node
    if (typeof value === 'string' && isPlainDecimal(value)) return Number(value)
    return fault(context, place, 'expected a number in plain decimals')
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
