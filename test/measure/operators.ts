// What a mutant changes. Each is one thing that somebody could take out or turn round by mistake, and that a test has
// to notice: a statement, a condition, one side of `&&`, a comparison, a constant, a returned value, a call of a chain.
import type { AnyNode, BinaryExpression, Expression, Literal } from 'acorn'
import { fullAncestor } from 'acorn-walk'
import { lineAt, type Source } from './source.ts'

export interface Mutant {
  readonly path: string
  readonly line: number
  readonly start: number
  readonly end: number
  readonly replacement: string
}

type Change = readonly [node: { readonly start: number; readonly end: number }, replacement: string]

/** Every mutant of a file, in the order of the text. */
export function mutantsOf(source: Source): readonly Mutant[] {
  const found = new Map<string, Mutant>()
  fullAncestor(source.program, (node, _state, ancestors) => {
    const parent = ancestors.at(-2) as AnyNode | undefined
    for (const [{ start, end }, replacement] of changesOf(node as AnyNode, parent, source.text)) {
      if (source.text.slice(start, end) === replacement) continue
      const line = lineAt(source.text, start)
      found.set(`${start}:${end}:${replacement}`, { path: source.path, line, start, end, replacement })
    }
  })
  return [...found.values()].sort((one, other) => one.start - other.start || one.end - other.end)
}

export function mutatedText(text: string, mutant: Mutant): string {
  return text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end)
}

function changesOf(node: AnyNode, parent: AnyNode | undefined, text: string): readonly Change[] {
  const code = (part: { readonly start: number; readonly end: number }) => text.slice(part.start, part.end)
  switch (node.type) {
    case 'ExpressionStatement':
      return [[node, ';']]
    case 'ThrowStatement':
      return [[node, ';']]
    case 'IfStatement':
    case 'ConditionalExpression':
      return [
        [node.test, 'true'],
        [node.test, 'false'],
      ]
    case 'WhileStatement':
    case 'DoWhileStatement':
      return [[node.test, 'false']]
    case 'LogicalExpression':
      return [
        [node, enclosed(node.left, text)],
        [node, enclosed(node.right, text)],
      ]
    case 'BinaryExpression':
      return turnedRound(node, text)
    case 'UnaryExpression':
      return node.operator === '!' ? [[node, `(${code(node.argument)})`]] : []
    case 'UpdateExpression':
      return [[node, code(node).replace(/\+\+|--/, (sign) => (sign === '++' ? '--' : '++'))]]
    case 'AssignmentExpression':
      return node.operator === '+=' || node.operator === '-='
        ? [[node, `${code(node.left)} ${node.operator === '+=' ? '-=' : '+='} ${code(node.right)}`]]
        : []
    case 'ReturnStatement':
      return node.argument ? returned(node.argument, 'undefined') : []
    case 'ArrowFunctionExpression':
      return node.body.type === 'BlockStatement' ? [] : returned(node.body, 'undefined')
    case 'ArrayExpression':
      return node.elements.length > 0 ? [[node, '[]']] : []
    case 'CallExpression':
      return chained(node, code)
    case 'Literal':
      return literal(node, parent)
    default:
      return []
  }
}

const turned: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
}

function turnedRound(node: BinaryExpression, text: string): readonly Change[] {
  const { operator, left, right } = node
  const joins = isText(left) || isText(right)
  const others = operator === '+' ? (joins ? [] : ['-']) : (turned[operator] ?? [])
  // Between the two stands the operator, with what parentheses there are.
  const between = text.slice(left.end, right.start)
  return others.map((other) => [{ start: left.end, end: right.start }, between.replace(operator, other)])
}

/** One side alone, which must not come apart in what is around it. */
function enclosed(side: AnyNode, text: string): string {
  const code = text.slice(side.start, side.end)
  return /^(?:Logical|Binary|Conditional|Arrow|Assignment|Await|Sequence)/.test(side.type)
    ? `(${code})`
    : code
}

function isText(node: AnyNode): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string')
}

/** Conditions and comparisons have mutants of their own; a value that is nothing already stays. */
function returned(value: Expression, nothing: string): readonly Change[] {
  const own = ['ConditionalExpression', 'LogicalExpression', 'BinaryExpression', 'UnaryExpression', 'Literal']
  const isNothing = value.type === 'Identifier' && value.name === 'undefined'
  return own.includes(value.type) || isNothing ? [] : [[value, nothing]]
}

const removable = new Set([
  ...['filter', 'slice', 'sort', 'reverse', 'trim', 'trimEnd', 'trimStart', 'toLowerCase', 'toUpperCase'],
  ...['replace', 'replaceAll', 'concat', 'once', 'on', 'unref'],
])
const swapped: Readonly<Record<string, string>> = { some: 'every', every: 'some', startsWith: 'endsWith' }

function chained(
  node: Extract<AnyNode, { type: 'CallExpression' }>,
  code: (part: { readonly start: number; readonly end: number }) => string,
): readonly Change[] {
  const { callee } = node
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier' || callee.computed)
    return []
  const { name } = callee.property
  if (removable.has(name)) return [[node, code(callee.object)]]
  // Not by what every object has: there is a method `toString` too.
  const other = Object.hasOwn(swapped, name) ? swapped[name] : undefined
  return other === undefined ? [] : [[callee.property, other]]
}

function literal(node: Literal, parent: AnyNode | undefined): readonly Change[] {
  if (typeof node.value === 'boolean') return [[node, String(!node.value)]]
  if (typeof node.value !== 'string' || !isConstant(node.value) || parent === undefined) return []
  const isName =
    /^(?:Import|Export)/.test(parent.type) ||
    (parent.type === 'Property' && parent.key === (node as AnyNode)) ||
    (parent.type === 'MemberExpression' && parent.property === (node as AnyNode))
  return isName ? [] : [[node, "''"]]
}

/** A text with blanks is a sentence for people. */
function isConstant(value: string): boolean {
  return value !== '' && !/ /.test(value)
}
