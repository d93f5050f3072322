// Which security cases a test file holds: an id counts in the name of a test that asserts something, in a row of a
// table, or in the words of an assertion. In a comment it says what somebody meant to test, and counts for nothing.
import type { AnyNode, CallExpression } from 'acorn'
import { fullAncestor, full as walk } from 'acorn-walk'
import { parseSource } from '../measure/source.ts'

/** The ids that a text names, `S-001 … S-010` for all of them. */
export function idsIn(text: string): ReadonlySet<number> {
  const ids = new Set<number>()
  for (const [, from, to = from] of text.matchAll(/S-(\d{3})(?: … S-(\d{3}))?/g)) {
    for (let id = Number(from); id <= Number(to); id++) ids.add(id)
  }
  return ids
}

/** The ids that count, of a test or a program in TypeScript. */
export function casesIn(path: string, text: string): ReadonlySet<number> {
  const found = new Set<number>()
  fullAncestor(parseSource(path, text).program, (node, _state, ancestors) => {
    const one = node as AnyNode
    const words = wordsOf(one)
    if (words === null) return
    const ids = idsIn(words)
    if (ids.size > 0 && isHeld(ancestors as readonly AnyNode[])) for (const id of ids) found.add(id)
  })
  return found
}

/** A key is no node that the walk stops at: its pair speaks for it. */
function wordsOf(node: AnyNode): string | null {
  if (node.type === 'Property') return node.computed ? null : wordsOf(node.key)
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
  return node.type === 'TemplateElement' ? (node.value.cooked ?? null) : null
}

/** The innermost thing around the words says what they are: a test's name, an assertion's words, a row. */
function isHeld(ancestors: readonly AnyNode[]): boolean {
  for (let at = ancestors.length - 2; at >= 0; at -= 1) {
    const around = ancestors[at]
    if (around?.type === 'CallExpression') {
      if (isTest(around)) return around.arguments.some(asserts)
      return isAssertion(around)
    }
    if (around?.type === 'ArrayExpression' || around?.type === 'ObjectExpression') return true
    if (/Function|Statement|Declaration/.test(around?.type ?? '')) return false
  }
  return false
}

const assertions = new Set([
  ...['equal', 'not', 'ok', 'notOk', 'same', 'strictSame', 'match', 'notMatch', 'has', 'hasStrict', 'throws'],
  ...['doesNotThrow', 'rejects', 'resolves', 'fail', 'notSame', 'type', 'resolveMatch', 'emits'],
])

function memberOf({ callee }: CallExpression): string {
  return callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
    ? callee.property.name
    : ''
}

function isTest(call: CallExpression): boolean {
  return memberOf(call) === 'test'
}

/** An assertion, or a helper that is handed the test to assert by it. */
function isAssertion(call: CallExpression): boolean {
  if (assertions.has(memberOf(call))) return true
  return call.arguments.some((one) => one.type === 'Identifier' && one.name === 't')
}

function asserts(node: AnyNode): boolean {
  let found = false
  walk(node, (inner) => {
    if (inner.type === 'CallExpression' && isAssertion(inner as CallExpression)) found = true
  })
  return found
}
