import type { SourcePosition } from '../../source-position.ts'
import { type MethodLimit, type RequireGroup, type RequireNode, readRequires } from './require.ts'
import type { Directive, Node, Section } from './tree.ts'
import { splitWords, takeWord } from './words.ts'

/** One `<Location>` or `<LocationMatch>`. */
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
  /** Sections inside that are no authorization: `<If>` and the like. */
  readonly nested: readonly Section[]
}

/** One virtual host, or the server itself where there is none. */
export interface VirtualHost {
  readonly at: SourcePosition | null
  /** `*:443`; empty for the server itself. */
  readonly addresses: string
  /** The server's own first, then those of the host: where it matters the last one counts. */
  readonly directives: readonly Directive[]
  /** In the order in which httpd merges them. */
  readonly sections: readonly PathSection[]
  /** `<Directory>`, `<Proxy>`, `<Files>`, `<If>` … */
  readonly others: readonly Section[]
}

/** The virtual hosts of a configuration. The server's own directives and sections come first in each. */
export function readSite(nodes: readonly Node[]): readonly VirtualHost[] {
  const server = partsOf(nodes.filter((node) => node.key !== 'virtualhost'))
  const hosts = nodes.filter((node): node is Section => node.key === 'virtualhost' && node.kind === 'section')
  if (hosts.length === 0) return [{ at: null, addresses: '', ...server }]
  return hosts.map((host) => {
    const own = partsOf(host.children)
    return {
      at: host.at,
      addresses: host.rest,
      directives: [...server.directives, ...own.directives],
      sections: [...server.sections, ...own.sections],
      others: [...server.others, ...own.others],
    }
  })
}

function partsOf(nodes: readonly Node[]): Pick<VirtualHost, 'directives' | 'sections' | 'others'> {
  const sections = nodes.filter((node) => node.kind === 'section')
  const isPath = ({ key }: Section) => key === 'location' || key === 'locationmatch'
  return {
    directives: nodes.filter((node) => node.kind === 'directive'),
    sections: sections.filter(isPath).map(readPathSection),
    others: sections.filter((section) => !isPath(section)),
  }
}

function readPathSection(section: Section): PathSection {
  const first = takeWord(section.rest)
  const tilde = first.word === '~'
  const { word: pattern } = tilde ? takeWord(first.rest) : first
  const expression = tilde || section.key === 'locationmatch'
  return {
    kind: expression ? 'expression' : /[*?[]/.test(pattern) ? 'wildcard' : 'prefix',
    pattern,
    text: `<${section.name} ${section.rest}>`,
    at: section.at,
    directives: section.children.flatMap(directivesIn),
    requires: readRequires(section.children, section.at),
    nested: section.children.filter(
      (child): child is Section =>
        child.kind === 'section' && !/^(?:require(?:all|any|none)|limit|limitexcept)$/.test(child.key),
    ),
  }
}

/** Those of `<Limit>` too, as httpd does not limit anything but authorization. */
function directivesIn(node: Node): readonly Directive[] {
  if (node.kind === 'directive') return node.key === 'require' ? [] : [node]
  return node.key === 'limit' || node.key === 'limitexcept' ? node.children.flatMap(directivesIn) : []
}

/** The value of the last directive of a name; null where there is none. */
export function lastOf(directives: readonly Directive[], name: string): Directive | null {
  const key = name.toLowerCase()
  return directives.findLast((directive) => directive.key === key) ?? null
}

/** The words of the last directive of a name; empty where there is none. */
export function wordsOf(directives: readonly Directive[], name: string): readonly string[] {
  return splitWords(lastOf(directives, name)?.rest ?? '')
}

/** What holds at a path, after all sections that match it were merged in their order. */
export interface MergedSections {
  readonly directives: readonly Directive[]
  /** Null: nothing is required. */
  readonly requires: RequireNode | null
}

/** A later section replaces the rules of earlier ones unless it says `AuthMerging`; directives are inherited. */
export function mergeSections(sections: readonly PathSection[]): MergedSections {
  let requires: RequireNode | null = null
  for (const section of sections) {
    if (section.requires === null) continue
    const [merging = 'Off'] = wordsOf(section.directives, 'AuthMerging')
    const op = merging.toLowerCase() === 'and' ? 'all' : merging.toLowerCase() === 'or' ? 'any' : null
    requires =
      op === null || requires === null
        ? section.requires
        : { kind: 'group', op, negated: false, members: [requires, section.requires], at: section.at }
  }
  return { directives: sections.flatMap(({ directives }) => directives), requires }
}

/** Methods that a tree of rules tells apart. */
export function methodsNamed(node: RequireNode): ReadonlySet<string> {
  if (node.kind === 'group') return new Set(node.members.flatMap((member) => [...methodsNamed(member)]))
  const limited: MethodLimit | null = node.limit
  const named = node.test.kind === 'method' ? node.test.names : []
  return new Set([...(limited?.names ?? []), ...named])
}
