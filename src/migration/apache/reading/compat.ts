import type { SourcePosition } from '../../source-position.ts'
import { wordsOf } from './last.ts'
import type { RequireGroup, RequireNode, RequireRule, RequireTest } from './require.ts'
import type { Directive, Node, Section } from './tree.ts'
import { splitWords } from './words.ts'

/** What mod_access_compat says in one section: by address, and how that stands to `Require`. */
export interface Compat {
  readonly rules: RequireNode
  /** `Satisfy Any`: it or `Require` is enough. */
  readonly isEnough: boolean
}

const ofCompat = /^(?:order|allow|deny|satisfy)$/

/** `Order`, `Allow`, `Deny` and `Satisfy` as rules; null where a section has none. A later section replaces all of it. */
export function readCompat(nodes: readonly Node[], at: SourcePosition): Compat | null {
  const directives = nodes.flatMap(directivesIn).filter(({ key }) => ofCompat.test(key))
  const first = directives[0]
  if (first === undefined) return null
  const rules = nodes.some(limitsCompat)
    ? rule(inLimit, at, 'Order, Allow, Deny in <Limit>')
    : rulesOf(directives, at)
  return { rules, isEnough: wordsOf(directives, 'Satisfy')[0]?.toLowerCase() === 'any' }
}

/** Each method has an order and lists of its own by these: what they come to is not said here, so nobody gets in. */
export const inLimit = { kind: 'other', provider: 'Order, Allow or Deny in <Limit>' } as const

function limitsCompat(node: Node): boolean {
  return (
    isLimit(node) && node.children.flatMap(directivesIn).some(({ key }) => /^(?:order|allow|deny)$/.test(key))
  )
}

function isLimit(node: Node): node is Section {
  return node.kind === 'section' && (node.key === 'limit' || node.key === 'limitexcept')
}

/** `Satisfy Any` in a `<Limit>` is for its methods alone, and not taken for all. */
function directivesIn(node: Node): readonly Directive[] {
  if (node.kind === 'directive') return [node]
  if (!isLimit(node)) return []
  const isForAll = ({ key, rest }: Directive): boolean => key !== 'satisfy' || !/any/i.test(rest)
  return node.children.flatMap(directivesIn).filter(isForAll)
}

function rulesOf(directives: readonly Directive[], at: SourcePosition): RequireNode {
  const allows = directives.filter(({ key }) => key === 'allow').map((one) => readFrom(one))
  const denies = directives.filter(({ key }) => key === 'deny').map((one) => readFrom(one))
  const order = wordsOf(directives, 'Order').join('').toLowerCase()
  const granted = rule({ kind: 'all', granted: true }, at, 'Allow from all')
  const vetoed = denies.map((one): RequireNode => ({ ...one, negated: true }))
  // Allow,Deny: whoever is allowed and not denied. Deny,Allow, the default: whoever is allowed, or not denied.
  if (order.startsWith('allow') || order.startsWith('mutual')) {
    const denied = rule({ kind: 'all', granted: false }, at, 'Order')
    return group('all', [allows.length === 0 ? denied : group('any', allows, at), ...vetoed], at)
  }
  return denies.length === 0 ? granted : group('any', [...allows, group('all', [granted, ...vetoed], at)], at)
}

function group(op: 'all' | 'any', members: readonly RequireNode[], at: SourcePosition): RequireGroup {
  return { kind: 'group', op, negated: false, members, at }
}

function rule(test: RequireTest, at: SourcePosition, text: string): RequireRule {
  return { kind: 'rule', negated: false, test, limit: null, at, text }
}

/** `Allow from 10.1 192.0.2.7`; a name of a host or a variable is known to httpd alone. */
function readFrom({ name, rest, at }: Directive): RequireRule {
  const words = splitWords(rest).slice(1)
  const text = `${name} ${rest}`
  if (words.some((word) => word.toLowerCase() === 'all'))
    return rule({ kind: 'all', granted: true }, at, text)
  if (words.length > 0 && words.every(isAddress)) return rule({ kind: 'ip', ranges: words }, at, text)
  return rule({ kind: 'other', provider: text }, at, text)
}

function isAddress(word: string): boolean {
  return /^[\d./]+$|^[0-9a-f:]*:[0-9a-f:.]*(?:\/\d+)?$/i.test(word)
}
