import { common, includes, type PathPattern, patternKey } from '../../path-pattern.ts'
import { never } from '../../rule.ts'
import type { YamlValue } from '../../yaml.ts'
import { type Access, convertAccess } from '../access/access.ts'
import type { Context } from '../context.ts'
import { type PathCover, readCover } from '../path.ts'
import { isReadAlike, sectionCovers } from '../reading/path-match.ts'
import { decidesAccess, type PathSection } from '../reading/section.ts'

/** One path of ours and who may pass there. */
export interface ConvertedLocation {
  readonly pattern: PathPattern
  readonly accesses: readonly Access[]
  /** The sections that hold there, in httpd's order; the last one named it. Empty: none covers it. */
  readonly sections: readonly PathSection[]
  /** Those among them that hold for some of its requests alone. */
  readonly doubtful: readonly PathSection[]
  /** All that hold for some of its requests alone, also those that have no part in who may pass. */
  readonly perhaps: readonly PathSection[]
  /** What would hold without the doubtful. */
  readonly without: readonly Access[]
  /** Other keys than its path and its rule. */
  readonly keys?: { readonly [key: string]: YamlValue }
  /** What made it when no section did. */
  readonly because?: string
  /** httpd answered there by itself: no app was asked. */
  readonly isExcluded?: true
}

/** Far more than overlapping wildcards make in practice. */
const mostPatterns = 5000
/** Each one doubles what may hold. */
const mostDoubts = 6

interface KnownSection {
  readonly section: PathSection
  readonly cover: PathCover
}

/**
 * Every path at which something else may hold, with all sections merged that cover it. Ours are chosen by the most
 * specific path, httpd's are merged in file order: at each path that any section names the result is the same. Where
 * nobody can say whether a section holds, whoever passes meets both: the rules with it and the rules without.
 * `extra` are paths that need a location of their own, such as where an app begins.
 */
export function convertLocations(
  sections: readonly PathSection[],
  extra: readonly PathPattern[],
  context: Context,
): readonly ConvertedLocation[] {
  const known = sections.map((section) => ({ section, cover: readCover(section) }))
  const excepted = known.flatMap(({ section }) => section.except.map(subtree))
  const named = known.flatMap(({ cover }) => [...cover.certain, ...cover.possible])
  const patterns = closed([...extra, ...excepted, ...named])
  return patterns.map((pattern) => convertLocation(pattern, known, patterns, context))
}

function convertLocation(
  pattern: PathPattern,
  known: readonly KnownSection[],
  patterns: readonly PathPattern[],
  context: Context,
): ConvertedLocation {
  const held = known.flatMap((one) => {
    const holds = holdsAt(pattern, one)
    return holds === 'never' ? [] : [{ ...one, isPerhaps: holds === 'perhaps' }]
  })
  const perhaps = held.filter(({ isPerhaps }) => isPerhaps).map(({ section }) => section)
  const sections = held.map(({ section }) => section)
  const doubtful = perhaps.filter(decidesAccess)
  const sure = sections.filter((section) => !doubtful.includes(section))
  const without = convertAccess([sure], context)
  const place = { pattern, sections, doubtful, perhaps, without }
  // Patterns that were not worked out to their end say nothing for certain.
  if (patterns.length >= mostPatterns || doubtful.length > mostDoubts) {
    return { ...place, accesses: [{ methods: null, require: never, unauthenticated: 'sign_in' }] }
  }
  if (doubtful.length === 0) return { ...place, accesses: without }
  return { ...place, accesses: convertAccess(subsets(sections, doubtful), context) }
}

/** The sections that may hold together: all that are sure, and any of those in doubt. */
function subsets(
  sections: readonly PathSection[],
  doubtful: readonly PathSection[],
): readonly (readonly PathSection[])[] {
  return Array.from({ length: 2 ** doubtful.length }, (_, bits) =>
    sections.filter((section) => {
      const index = doubtful.indexOf(section)
      return index === -1 || ((bits >> index) & 1) === 1
    }),
  )
}

/** Whether a section holds for the requests that a pattern is chosen for. */
function holdsAt(pattern: PathPattern, { section, cover }: KnownSection): 'always' | 'perhaps' | 'never' {
  if (section.except.some((path) => includes(subtree(path), pattern))) return 'never'
  const holds = coversPattern(pattern, section, cover)
  return holds === 'always' && section.doubt !== null ? 'perhaps' : holds
}

function coversPattern(
  pattern: PathPattern,
  section: PathSection,
  { certain, possible, beginning }: PathCover,
): 'always' | 'perhaps' | 'never' {
  const paths = pathsOf(pattern)
  if (paths !== null && isReadAlike(section)) {
    const covered = paths.filter((path) => sectionCovers(section, path)).length
    return covered === paths.length ? 'always' : covered === 0 ? 'never' : 'perhaps'
  }
  if (certain.some((outer) => includes(outer, pattern))) return 'always'
  const perhaps = possible.some((outer) => includes(outer, pattern)) && mayBegin(pattern, beginning)
  return perhaps ? 'perhaps' : 'never'
}

/** Both spellings of the one path that an exact pattern without a `*` is for; null for all others. */
function pathsOf({ segments, exact }: PathPattern): readonly string[] | null {
  if (!exact || segments.includes(null)) return null
  return segments.length === 0 ? ['/'] : [`/${segments.join('/')}`, `/${segments.join('/')}/`]
}

/** Whether any path that a pattern covers begins with a text. */
function mayBegin({ segments }: PathPattern, beginning: string): boolean {
  const literal = segments.slice(0, segments.includes(null) ? segments.indexOf(null) : undefined)
  const start = `/${literal.map((segment) => `${segment}/`).join('')}`
  return start.startsWith(beginning) || beginning.startsWith(start)
}

function subtree(path: string): PathPattern {
  return { segments: path === '/' ? [] : path.slice(1).split('/'), exact: false }
}

/** Adds what overlapping patterns have in common, until nothing is missing: there their sections are merged. */
function closed(patterns: readonly PathPattern[]): readonly PathPattern[] {
  const all = new Map(patterns.map((pattern) => [patternKey(pattern), pattern]))
  const open = [...all.values()].filter(({ segments }) => segments.includes(null))
  for (let wild = open.shift(); wild !== undefined && all.size < mostPatterns; wild = open.shift()) {
    for (const other of [...all.values()]) {
      const shared = common(wild, other)
      if (shared === null || all.has(patternKey(shared))) continue
      all.set(patternKey(shared), shared)
      if (shared.segments.includes(null)) open.push(shared)
    }
  }
  return [...all.values()]
}
