import type { PathPattern } from '../path-pattern.ts'
import { pathsOf } from './path-expression.ts'
import { compileSearch } from './reading/path-match.ts'
import type { PathSection } from './reading/section.ts'

/** Which paths of ours a section is for. */
export interface PathCover {
  /** It covers all that these cover. */
  readonly certain: readonly PathPattern[]
  /** It covers nothing but what these cover, and of that only what begins so. */
  readonly possible: readonly PathPattern[]
  readonly beginning: string
  /** How the two differ; null when they do not. */
  readonly differs: string | null
}

const rootPattern: PathPattern = { segments: [], exact: false }

/** The path of a section as patterns of ours. */
export function readCover({ kind, pattern }: Pick<PathSection, 'kind' | 'pattern'>): PathCover {
  switch (kind) {
    case 'prefix':
      return coverOfPrefix(pattern)
    case 'wildcard':
      return coverOfWildcard(pattern)
    case 'expression':
      return coverOfExpression(pattern)
  }
}

function coverOfPrefix(path: string): PathCover {
  const segments = segmentsOf(path)
  if (segments === null) {
    return unsaid(path, 'a path here begins with "/" and has no %, ;, // or dot segments')
  }
  const whole = [{ segments, exact: false }]
  if (path.length === 1 || !path.endsWith('/')) {
    return { certain: whole, possible: whole, beginning: '', differs: null }
  }
  // The path without its slash is not covered; a location cannot tell the two apart.
  const bare = { segments, exact: true }
  const differs = `covered what lies below /${segments.join('/')} alone, not the path itself: a trailing slash makes no difference here`
  return { certain: whole, possible: [...whole, bare], beginning: '', differs }
}

/** What cannot be said: it may cover whatever begins as it does. */
function unsaid(beginning: string, differs: string): PathCover {
  if (beginning !== '' && !beginning.startsWith('/')) {
    // No path begins so.
    return { certain: [], possible: [], beginning, differs: `${differs}: it covers no path` }
  }
  const folder = segmentsOf(beginning.slice(0, beginning.lastIndexOf('/') + 1) || '/')
  if (folder === null) return { certain: [], possible: [rootPattern], beginning: '', differs }
  return { certain: [], possible: [{ segments: folder, exact: false }], beginning, differs }
}

function segmentsOf(path: string): readonly string[] | null {
  if (!path.startsWith('/')) return null
  const plain = path.replace(/\/+$/, '')
  const segments = plain === '' ? [] : plain.slice(1).split('/')
  const wrong = segments.some((segment) => /^\.{0,2}$/.test(segment) || /[%;\\?#*\p{Cc}]/u.test(segment))
  return wrong ? null : segments
}

function coverOfWildcard(path: string): PathCover {
  const literal = /^[^*?[\\]*/.exec(path)?.[0] ?? ''
  const segments = path.slice(1).split('/')
  const known = segments.every((segment) => segment === '*' || segmentsOf(`/${segment}`)?.length === 1)
  if (!known || !path.startsWith('/') || segments.some((segment) => /[[\]?]/.test(segment))) {
    return unsaid(literal, 'a wildcard here stands for one whole segment')
  }
  const pattern = { segments: segments.map((segment) => (segment === '*' ? null : segment)), exact: true }
  // `/a/*` covers `/a/` too, and no path with a slash behind it.
  const bare = segments.at(-1) === '*' ? [{ segments: pattern.segments.slice(0, -1), exact: true }] : []
  const differs = 'did not cover the path with a slash behind it: a trailing slash makes no difference here'
  return { certain: [], possible: [pattern, ...bare], beginning: '', differs }
}

/** How an expression may end, and what that covers. */
interface Ending {
  readonly text: RegExp
  readonly exact: boolean
  /** `whole`: all of it and nothing else. `bare`: not with a slash behind it. `open`: also what only begins so. */
  readonly covers: 'whole' | 'bare' | 'open'
  readonly differs: string | null
}

const endings: readonly Ending[] = [
  {
    text: /\(\?*:?\/\|\$\)$|\(\?*:?\$\|\/\)$|\(\?*:?\/\.\*\)\?\$$/,
    exact: false,
    covers: 'whole',
    differs: null,
  },
  { text: /\/\?\$$/, exact: true, covers: 'whole', differs: null },
  {
    text: /\/\(?\.\*\)?\$?$|\/\.\+\$?$|\/$/,
    exact: false,
    covers: 'whole',
    differs: 'did not cover the path without the slash',
  },
  {
    text: /\(?\.\*\)?\$?$/,
    exact: false,
    covers: 'open',
    differs: 'the expression goes on without a "/": it matched what only begins so, too',
  },
  {
    text: /\$$/,
    exact: true,
    covers: 'bare',
    differs: 'did not cover the path with a slash behind it: a trailing slash makes no difference here',
  },
  {
    text: /$/,
    exact: false,
    covers: 'open',
    differs: 'the expression has no end: it matched what only begins so, too',
  },
]

function coverOfExpression(source: string): PathCover {
  if (compileSearch(source) === null) return unsaid('', 'the expression is one that nobody reads here')
  if (/^\^?(?:\/|\/?\(?\.\*\)?\$?)?$/.test(source)) {
    return { certain: [rootPattern], possible: [rootPattern], beginning: '', differs: null }
  }
  if (!source.startsWith('^')) {
    return unsaid('', 'the expression is searched anywhere in a path; locations here begin at "/"')
  }
  const body = source.slice(1).replaceAll('\\/', '/')
  if (hasAlternatives(body)) return unsaid('', 'the expression is several')
  const beginning = literalBeginning(body)
  if (/\(\?[!=<](?![A-Za-z_])/.test(body) || /^\(\?/.test(body)) {
    return unsaid(beginning, 'look-arounds and flags have no counterpart in a path')
  }
  for (const ending of endings) {
    const found = ending.text.exec(body)
    const paths = found === null ? null : pathsOf(body.slice(0, found.index))
    if (paths !== null) return coverOfPaths(paths, ending, beginning)
  }
  return unsaid(beginning, 'the expression is no list of whole segments')
}

function coverOfPaths(
  paths: NonNullable<ReturnType<typeof pathsOf>>,
  { exact, covers, differs }: Ending,
  beginning: string,
): PathCover {
  const patterns = paths.map(({ segments }) => ({ segments, exact }))
  const certain = paths
    .filter(({ segments, isWhole }) => isWhole && (covers !== 'bare' || !segments.includes(null)))
    .map(({ segments }) => ({ segments, exact }))
  const edges = exact ? [] : paths.map(({ segments }) => ({ segments, exact: true }))
  const stars = paths.some(({ isWhole }) => !isWhole)
    ? 'a `*` covers any segment, the expression only some'
    : null
  const isRoot = paths.every(({ segments }) => segments.length === 0)
  const said = [isRoot ? null : differs, stars].filter((text) => text !== null).join('; ')
  if (covers === 'open') {
    const wide = unsaid(beginning, said)
    return { ...wide, certain, possible: [...wide.possible, ...patterns, ...edges] }
  }
  return { certain, possible: [...patterns, ...edges], beginning: '', differs: said === '' ? null : said }
}

/** Whether a `|` stands outside of all groups and sets. */
function hasAlternatives(source: string): boolean {
  let plain = source.replaceAll(/\\./g, '').replaceAll(/\[\]?[^\]]*\]/g, '')
  for (let before = ''; before !== plain; ) {
    before = plain
    plain = plain.replaceAll(/\([^()]*\)/g, '')
  }
  return plain.includes('|')
}

/** The text that every path begins with which an expression finds. */
function literalBeginning(source: string): string {
  const [text = ''] = /^(?:[A-Za-z0-9/_~-]|\\[^\w])*/.exec(source) ?? []
  const next = source[text.length] ?? ''
  const sure = /[*?{]/.test(next) ? text.replace(/\\?.$/, '') : text
  return sure.replaceAll(/\\(.)/g, '$1')
}
