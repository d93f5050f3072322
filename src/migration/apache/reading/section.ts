import type { SourcePosition } from '../../source-position.ts'
import { type Compat, readCompat } from './compat.ts'
import { isConditional } from './conditions.ts'
import { wordsOf } from './last.ts'
import { type MethodLimit, type RequireGroup, type RequireNode, readRequires } from './require.ts'
import type { Directive, Node, Section } from './tree.ts'
import { takeWord } from './words.ts'

/** A part of the URL space and what httpd merges there: `<Location>`, or what comes to the same. */
export interface PathSection {
  readonly kind: 'prefix' | 'wildcard' | 'expression'
  /** The path, the path with wildcards, or the expression. */
  readonly pattern: string
  /** `<Location /admin>`, for people. */
  readonly text: string
  readonly at: SourcePosition
  readonly directives: readonly Directive[]
  /** Null: it has none, and those of the sections before it stay. */
  readonly requires: RequireGroup | null
  /** `Order`, `Allow` and `Deny`, which are asked beside `Require`; null: those of the sections before it stay. */
  readonly compat: Compat | null
  /** Why httpd applies it to some requests alone, which nobody knows here; null: to all of its paths. */
  readonly doubt: string | null
  /** Paths, with all below, that belong to something else: another `Alias` maps them. */
  readonly except: readonly string[]
  /** httpd answers by itself, before or whatever the rules say. */
  readonly isRefusal?: boolean
}

/** Containers of `Require`, and those that limit them to methods. */
const ofRequire = /^(?:require(?:all|any|none)|limit|limitexcept)$/

/** What a section brings, wherever it stands. */
export function readContent(
  section: Section,
): Pick<PathSection, 'text' | 'at' | 'directives' | 'requires' | 'compat'> {
  return {
    text: `<${section.name} ${section.rest}>`,
    at: section.at,
    directives: section.children.flatMap(directivesIn),
    requires: readRequires(section.children, section.at),
    compat: readCompat(section.children, section.at),
  }
}

/** `<Location>` and `<LocationMatch>`. */
export function readPathSection(section: Section): PathSection {
  const first = takeWord(section.rest)
  const tilde = first.word === '~'
  const { word: pattern } = tilde ? takeWord(first.rest) : first
  const expression = tilde || section.key === 'locationmatch'
  const kind = expression ? 'expression' : /[*?[]/.test(pattern) ? 'wildcard' : 'prefix'
  return { ...readContent(section), kind, pattern, doubt: null, except: [] }
}

/**
 * Sections inside of one that httpd applies to some requests alone: `<If>`, and what an `<IfDefine>` holds that is not
 * defined here. They cover the same paths, and nobody knows when.
 */
export function doubtfulIn(section: Section, outer: Omit<PathSection, 'directives'>): readonly PathSection[] {
  return section.children.flatMap((child) => {
    if (child.kind === 'directive' || ofRequire.test(child.key)) return []
    const inner = {
      ...outer,
      ...readContent(child),
      doubt: isConditional(child)
        ? 'whether it is in effect nobody knows here'
        : 'whether it applies, httpd decides at each request',
    }
    return [inner, ...doubtfulIn(child, inner)]
  })
}

/** Those of `<Limit>` too, as httpd does not limit anything but authorization. */
function directivesIn(node: Node): readonly Directive[] {
  if (node.kind === 'directive') return node.key === 'require' ? [] : [node]
  return node.key === 'limit' || node.key === 'limitexcept' ? node.children.flatMap(directivesIn) : []
}

/** What holds at a path, after all sections that match it were merged in their order. */
export interface MergedSections {
  readonly directives: readonly Directive[]
  /** Null: nothing is required. */
  readonly requires: RequireNode | null
}

/** A later section replaces the rules of earlier ones unless it says `AuthMerging`; directives are inherited. */
export function mergeSections(sections: readonly PathSection[]): MergedSections {
  const asked = sections.filter(({ isRefusal }) => isRefusal !== true)
  const directives = asked.flatMap((section) => section.directives)
  const compat = asked.findLast((section) => section.compat !== null)?.compat ?? null
  const merged = besideCompat(mergeRequires(asked), compat)
  const refused = sections.flatMap(({ isRefusal, requires }) => (isRefusal && requires ? [requires] : []))
  const [first] = refused
  if (first === undefined) return { directives, requires: merged }
  const members = merged === null ? refused : [...refused, merged]
  return { directives, requires: { kind: 'group', op: 'all', negated: false, members, at: first.at } }
}

function mergeRequires(sections: readonly PathSection[]): RequireNode | null {
  let requires: RequireNode | null = null
  for (const section of sections) {
    const [merging] = wordsOf(section.directives, 'AuthMerging')
    // Written out, `Off` drops what was before it also where it brings nothing.
    if (section.requires === null && merging?.toLowerCase() === 'off') requires = null
    if (section.requires === null) continue
    const op = merging?.toLowerCase() === 'and' ? 'all' : merging?.toLowerCase() === 'or' ? 'any' : null
    requires =
      op === null || requires === null
        ? section.requires
        : { kind: 'group', op, negated: false, members: [requires, section.requires], at: section.at }
  }
  return requires
}

/** mod_access_compat is asked beside `Require`: both must let in, or with `Satisfy Any` one of them. */
function besideCompat(requires: RequireNode | null, compat: Compat | null): RequireNode | null {
  if (compat === null) return requires
  const { rules, isEnough } = compat
  // Without `Require` nothing is asked of people, whatever is enough.
  if (requires === null) return rules
  if (!isEnough) return groupOf('all', [rules, requires], rules.at)
  // A method that no `Require` is about is let in by it.
  const test = { kind: 'all', granted: true } as const
  const granted = {
    kind: 'rule',
    negated: false,
    test,
    limit: null,
    at: rules.at,
    text: 'Satisfy Any',
  } as const
  return groupOf('any', [rules, groupOf('all', [granted, requires], rules.at)], rules.at)
}

function groupOf(op: 'all' | 'any', members: readonly RequireNode[], at: SourcePosition): RequireGroup {
  return { kind: 'group', op, negated: false, members, at }
}

/** Methods that a tree of rules tells apart. */
export function methodsNamed(node: RequireNode): ReadonlySet<string> {
  if (node.kind === 'group') return new Set(node.members.flatMap((member) => [...methodsNamed(member)]))
  const limited: MethodLimit | null = node.limit
  const named = node.test.kind === 'method' ? node.test.names : []
  return new Set([...(limited?.names ?? []), ...named])
}

const deciding = new Set(['authtype', 'oidcunauthaction', 'authmerging', 'sslverifyclient'])

/** Whether a section has any part in who may pass. */
export function decidesAccess({ requires, compat, directives }: PathSection): boolean {
  return requires !== null || compat !== null || directives.some(({ key }) => deciding.has(key))
}
