import type { SourcePosition } from '../../source-position.ts'
import { isConditional } from './conditions.ts'
import { directorySections } from './directories.ts'
import { proxySections } from './proxy-sections.ts'
import { refusalSections, refusalsInDoubt, refusalsInFolders, refusalsOfSections } from './refusals.ts'
import { rewritingOf } from './rewrite.ts'
import { doubtfulIn, type PathSection, readContent, readPathSection } from './section.ts'
import { type FolderFiles, servedPaths } from './served.ts'
import { allOf, type Directive, type Node, type Section } from './tree.ts'

/** One virtual host, or the server itself where there is none. */
export interface VirtualHost {
  readonly at: SourcePosition | null
  /** `*:443`; empty for the server itself. */
  readonly addresses: string
  /** The server's own first, then those of the host: where it matters the last one counts. */
  readonly directives: readonly Directive[]
  /** What may be in effect or not, in no section but such. */
  readonly held: readonly Directive[]
  /** `RewriteCond` and `RewriteRule` that run, in their order. */
  readonly rewriting: readonly Directive[]
  /** In the order in which httpd merges them. */
  readonly sections: readonly PathSection[]
  /** `<Directory>`, `<Proxy>`, `<Files>` …, as they are written. */
  readonly others: readonly Section[]
}

/** What stands in the server, or in one host of it, before both are merged. */
interface Parts {
  readonly directives: readonly Directive[]
  readonly paths: readonly PathSection[]
  /** `<If>` and the like, which httpd merges after everything else. */
  readonly doubtful: readonly PathSection[]
  /** What stands in no section but those that may be in effect or not. */
  readonly held: readonly Directive[]
  readonly others: readonly Section[]
  /** Those of `others` that may be in effect or not, with what stands in them. */
  readonly doubtfulOthers: readonly Section[]
}

/** The virtual hosts of a configuration. The server's own directives and sections come first in each. */
export function readSite(nodes: readonly Node[], folders: FolderFiles): readonly VirtualHost[] {
  const server = partsOf(nodes.filter((node) => node.key !== 'virtualhost'))
  const hosts = nodes.filter((node): node is Section => node.key === 'virtualhost' && node.kind === 'section')
  const none: Parts = { directives: [], paths: [], doubtful: [], held: [], others: [], doubtfulOthers: [] }
  if (hosts.length === 0) return [{ at: null, addresses: '', ...merged(none, server, folders) }]
  return hosts.map((host) => ({
    at: host.at,
    addresses: host.rest,
    ...merged(server, partsOf(host.children), folders),
  }))
}

function merged(server: Parts, own: Parts, folders: FolderFiles): Omit<VirtualHost, 'at' | 'addresses'> {
  const directives = [...server.directives, ...own.directives]
  const others = [...server.others, ...own.others]
  const paths = [...server.paths, ...own.paths]
  const rewriting = rewritingOf(server.directives, own.directives)
  const host = { directives, others, paths, rewriting }
  const served = servedPaths(host)
  const uncertain = new Set([...server.doubtfulOthers, ...own.doubtfulOthers].map(({ at }) => at))
  const ifInDoubt = (section: PathSection): PathSection =>
    uncertain.has(section.at) ? inDoubt(section) : section
  const ofFolders = directorySections(others, served, folders, uncertain).map(ifInDoubt)
  const doubtful = [...server.doubtful, ...own.doubtful]
  const held = [...server.held, ...own.held]
  return {
    directives,
    held,
    others,
    rewriting,
    sections: [
      ...proxySections(host).map(ifInDoubt),
      ...ofFolders,
      ...paths,
      ...doubtful,
      ...refusalSections(host, served),
      ...refusalsInDoubt(host, held, served).map(inDoubt),
      ...refusalsOfSections(doubtful, host),
      ...refusalsInFolders(ofFolders, host),
    ],
  }
}

function partsOf(nodes: readonly Node[]): Parts {
  const sections = nodes.filter((node) => node.kind === 'section')
  const held = sections.filter(isConditional).map((section) => partsOf(section.children))
  const here = {
    ...everywhere,
    doubt: 'stands outside of any section: which folder it is about nobody knows',
  }
  const stray = nodes.filter(({ key }) =>
    /^(?:require\w*|limit|limitexcept|order|allow|deny|satisfy)$/.test(key),
  )
  return {
    directives: nodes.filter((node) => node.kind === 'directive'),
    paths: sections.flatMap(pathsIn),
    doubtful: [
      ...sections.filter(isPath).flatMap((section) => doubtfulIn(section, readPathSection(section))),
      ...sections.filter(({ key }) => /^(?:if|elseif|else)$/.test(key)).flatMap(conditionalSection),
      ...held.flatMap((parts) => parts.doubtful),
      ...strayRules(stray).map((content) => ({ ...here, ...content })),
    ],
    held: held.flatMap((parts) => [...parts.directives, ...parts.held]),
    others: [
      ...sections.filter((section) => !isPath(section) && !isConditional(section)),
      ...held.flatMap((parts) => parts.others),
    ],
    doubtfulOthers: held.flatMap((parts) => allOf(parts.others).filter((node) => node.kind === 'section')),
  }
}

/** In the order of the file, those too that may be in effect or not. */
function pathsIn(section: Section): readonly PathSection[] {
  if (isPath(section)) return [readPathSection(section)]
  return isConditional(section) ? partsOf(section.children).paths.map(inDoubt) : []
}

const everywhere = { kind: 'prefix', pattern: '/', except: [] } as const

function isPath({ key }: Section): boolean {
  return key === 'location' || key === 'locationmatch'
}

function inDoubt(section: PathSection): PathSection {
  return { ...section, doubt: section.doubt ?? 'whether it is in effect nobody knows here' }
}

function conditionalSection(section: Section): readonly PathSection[] {
  const pattern = section.key === 'if' ? uriOf(section.rest) : null
  const doubt = 'whether it applies, httpd decides at each request'
  const place =
    pattern === null
      ? { ...everywhere, doubt }
      : ({ kind: 'expression', pattern, except: [], doubt: null } as const)
  const outer = { ...place, ...readContent(section) }
  return [outer, ...doubtfulIn(section, outer)]
}

/** The expression of paths that an `<If>` is about, when it looks at nothing else; null for all others. */
function uriOf(condition: string): string | null {
  const [, text] = /^["']?%\{REQUEST_URI\}\s*==\s*(?:'([^'$%]+)')["']?$/.exec(condition) ?? []
  if (text !== undefined) return `^${text.replaceAll(/[^\w/~-]/g, '\\$&')}$`
  const [, expression] =
    /^["']?%\{REQUEST_URI\}\s*=~\s*m?([#/|])((?:(?!\1).)+)\1["']?$/.exec(condition)?.slice(1) ?? []
  return expression ?? null
}

/** Rules that stand in no section, as in a `.htaccess` that was named for itself. */
function strayRules(nodes: readonly Node[]): readonly ReturnType<typeof readContent>[] {
  const [first] = nodes
  if (first === undefined) return []
  const section: Section = {
    kind: 'section',
    name: first.name,
    key: '',
    rest: '',
    at: first.at,
    children: nodes,
  }
  return [{ ...readContent(section), text: `${first.name} outside of any section`, directives: [] }]
}
