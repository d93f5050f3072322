import { common, covers, includes, type PathPattern, patternKey } from '../../path-pattern.ts'
import { type Access, convertAccess } from '../access/access.ts'
import type { Context } from '../context.ts'
import { type ConvertedPath, convertPath } from '../path.ts'
import { sectionCovers } from '../reading/path-match.ts'
import { mergeSections, type PathSection } from '../reading/site.ts'

/** One path of ours and who may pass there. */
export interface ConvertedLocation {
  readonly pattern: PathPattern
  readonly accesses: readonly Access[]
  /** The sections that hold there, in httpd's order; the last one named it. Empty: none covers it. */
  readonly sections: readonly PathSection[]
  /** What made it when no section did. */
  readonly because?: string
}

/** Far more than overlapping wildcards make in practice. */
const mostPatterns = 5000

/**
 * Every path at which something else may hold, with all sections merged that cover it. Ours are chosen by the most
 * specific path, httpd's are merged in file order: at each path that any section names the result is the same.
 * `extra` are paths that need a location of their own, such as where an app begins.
 */
export function convertLocations(
  sections: readonly PathSection[],
  extra: readonly PathPattern[],
  context: Context,
): readonly ConvertedLocation[] {
  const known = sections.flatMap((section) => {
    const converted = convertPath(section)
    noteDifference(section, converted, context)
    return converted.ok ? [{ section, patterns: converted.patterns }] : []
  })
  const patterns = closed([...extra, ...known.flatMap(({ patterns }) => patterns)])
  return patterns.map((pattern) => {
    const covering = known
      .filter(({ patterns }) => patterns.some((outer) => includes(outer, pattern)))
      .map(({ section }) => section)
    return {
      pattern,
      sections: covering,
      accesses: convertAccess(mergeSections(covering), covering, context),
    }
  })
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

function noteDifference(section: PathSection, converted: ConvertedPath, { report }: Context): void {
  const place = { at: section.at, what: section.text }
  if (!converted.ok) {
    const message = `${converted.reason}. Nothing of it is in the result: what it kept out may get in, and what it let in may be kept out`
    report({
      ...place,
      id: 'path',
      kind: 'not-convertible',
      message,
      effect: 'either',
      announces: ({ path }) => sectionCovers(section, path),
    })
    return
  }
  if (converted.differs === null) return
  const { patterns } = converted
  report({
    ...place,
    id: section.kind === 'expression' ? 'path-expression' : 'path-slash',
    kind: 'changed',
    message: converted.differs,
    effect: 'either',
    announces: ({ path }) =>
      sectionCovers(section, path) !== patterns.some((pattern) => covers(pattern, path)),
  })
}
