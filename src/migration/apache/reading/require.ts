import type { SourcePosition } from '../../source-position.ts'
import { isConditional } from './conditions.ts'
import { type ClaimSpec, claimSpecs } from './expression.ts'
import { allOf, type Directive, type Node, type Section } from './tree.ts'
import { splitWords, takeWord } from './words.ts'

/** httpd's authorization as it is written: `Require` lines and the containers around them. */
export type RequireNode = RequireGroup | RequireRule

export interface RequireGroup {
  readonly kind: 'group'
  /** `all` is `<RequireAll>`; `any` is `<RequireAny>`, `<RequireNone>` (negated) and what has no container. */
  readonly op: 'all' | 'any'
  readonly negated: boolean
  readonly members: readonly RequireNode[]
  readonly at: SourcePosition
}

export interface RequireRule {
  readonly kind: 'rule'
  readonly negated: boolean
  readonly test: RequireTest
  /** Of `<Limit>` and `<LimitExcept>` around it; null: all methods. */
  readonly limit: MethodLimit | null
  readonly at: SourcePosition
  /** As written, for people. */
  readonly text: string
}

export type RequireTest =
  | { readonly kind: 'valid-user' }
  | { readonly kind: 'user'; readonly names: readonly string[] }
  | { readonly kind: 'claim'; readonly specs: readonly ClaimSpec[]; readonly args: string }
  | { readonly kind: 'claims_expr'; readonly programs: readonly string[] }
  | { readonly kind: 'ip'; readonly ranges: readonly string[] }
  | { readonly kind: 'method'; readonly names: readonly string[] }
  | { readonly kind: 'all'; readonly granted: boolean }
  | { readonly kind: 'other'; readonly provider: string }

export interface MethodLimit {
  readonly except: boolean
  readonly names: ReadonlySet<string>
}

/** Whether a rule is asked about a method: naming GET covers HEAD too. */
export function limitCovers(limit: MethodLimit | null, method: string): boolean {
  if (limit === null) return true
  const named = limit.names.has(method === 'HEAD' ? 'GET' : method) || limit.names.has(method)
  return named !== limit.except
}

/** The methods for which anything below a node is asked. */
export function nodeCovers(node: RequireNode, method: string): boolean {
  if (node.kind === 'rule') return limitCovers(node.limit, method)
  return node.members.some((member) => nodeCovers(member, method))
}

/** Every rule below a node. */
export function rulesOf(node: RequireNode): readonly RequireRule[] {
  return node.kind === 'rule' ? [node] : node.members.flatMap(rulesOf)
}

const containers: ReadonlyMap<string, Pick<RequireGroup, 'op' | 'negated'>> = new Map([
  ['requireall', { op: 'all', negated: false }],
  ['requireany', { op: 'any', negated: false }],
  ['requirenone', { op: 'any', negated: true }],
])

/** The rules of one section; null where it has none. Several lines stand in one `any`, as httpd reads them. */
export function readRequires(nodes: readonly Node[], at: SourcePosition): RequireGroup | null {
  const members = membersOf(nodes, { limit: null, op: 'any', letsIn: true, isOutermost: true })
  return members.length === 0 ? null : { kind: 'group', op: 'any', negated: false, members, at }
}

/** Where members of a container stand. */
interface Within {
  readonly limit: MethodLimit | null
  readonly op: 'all' | 'any'
  /** Whether it lets in whoever meets it; below a `<RequireNone>` it keeps out. */
  readonly letsIn: boolean
  /** In no container, a section that may be in effect or not is a section of its own. */
  readonly isOutermost: boolean
}

function membersOf(nodes: readonly Node[], within: Within): readonly RequireNode[] {
  const { limit, letsIn } = within
  const members = nodes.flatMap((node): readonly RequireNode[] => {
    if (node.kind === 'directive') return node.key === 'require' ? [readRule(node, limit)] : []
    if (node.key === 'limit' || node.key === 'limitexcept') {
      return membersOf(node.children, { ...within, limit: limitOf(node), isOutermost: false })
    }
    // Both have to be met, with it and without.
    if (isConditional(node)) return isStricterBy(within) ? membersOf(node.children, within) : []
    const container = containers.get(node.key)
    if (container === undefined) return []
    const inner = { limit, op: container.op, letsIn: letsIn !== container.negated, isOutermost: false }
    return [{ kind: 'group', ...container, members: membersOf(node.children, inner), at: node.at }]
  })
  const [lost] = nodes.filter((node) => node.kind === 'section' && isConditional(node) && holdsRequire(node))
  if (members.length > 0 || lost === undefined || within.isOutermost) return members
  const test = { kind: 'all', granted: !letsIn } as const
  return [{ kind: 'rule', negated: false, test, limit, at: lost.at, text: `<${lost.name} ${lost.rest}>` }]
}

/** Whether one member more keeps out more. */
function isStricterBy({ op, letsIn, isOutermost }: Within): boolean {
  return !isOutermost && (op === 'all') === letsIn
}

function holdsRequire(section: Section): boolean {
  return allOf(section.children).some(({ key }) => key === 'require')
}

function limitOf(section: Section): MethodLimit {
  // Methods have capitals: `get` is the name of one that nobody uses, for httpd too.
  const names = splitWords(section.rest).filter((name) => name === name.toUpperCase())
  return { except: section.key === 'limitexcept', names: new Set(names) }
}

function readRule(directive: Directive, limit: MethodLimit | null): RequireRule {
  const first = takeWord(directive.rest)
  const negated = first.word.toLowerCase() === 'not'
  const { word: provider, rest: args } = negated ? takeWord(first.rest) : first
  return {
    kind: 'rule',
    negated,
    test: readTest(provider, args),
    limit,
    at: directive.at,
    text: `Require ${directive.rest}`,
  }
}

function readTest(provider: string, args: string): RequireTest {
  const words = splitWords(args)
  switch (provider) {
    case 'valid-user':
      return { kind: 'valid-user' }
    case 'user':
      return { kind: 'user', names: words }
    case 'claim':
      return { kind: 'claim', specs: claimSpecs(args), args }
    case 'claims_expr':
      return { kind: 'claims_expr', programs: words }
    case 'ip':
      return { kind: 'ip', ranges: words }
    case 'local':
      return { kind: 'ip', ranges: ['127.0.0.0/8', '::1'] }
    case 'method':
      return { kind: 'method', names: words.map((word) => word.toUpperCase()) }
    case 'all':
      return { kind: 'all', granted: words[0]?.toLowerCase() === 'granted' }
    default:
      return { kind: 'other', provider }
  }
}
