import type { PathPattern } from '../path-pattern.ts'
import type { PathSection } from './reading/site.ts'

export type ConvertedPath =
  | {
      readonly ok: true
      readonly patterns: readonly PathPattern[]
      /** How the two differ in the paths that they cover; null when they do not. */
      readonly differs: string | null
    }
  | { readonly ok: false; readonly reason: string }

/** The path of a section as patterns of ours. */
export function convertPath({ kind, pattern }: PathSection): ConvertedPath {
  switch (kind) {
    case 'prefix':
      return convertPrefix(pattern)
    case 'wildcard':
      return convertWildcard(pattern)
    case 'expression':
      return convertExpression(pattern)
  }
}

function convertPrefix(path: string): ConvertedPath {
  const segments = segmentsOf(path)
  if (segments === null)
    return { ok: false, reason: 'a path here begins with "/" and has no %, ;, // or dot segments' }
  const slash = path.length > 1 && path.endsWith('/')
  const bare = `/${segments.join('/')}`
  const differs = slash
    ? `covers ${bare} itself too, not only what lies below: a trailing slash makes no difference here`
    : null
  return { ok: true, patterns: [{ segments, exact: false }], differs }
}

function segmentsOf(path: string): readonly string[] | null {
  if (!path.startsWith('/')) return null
  const plain = path.replace(/\/+$/, '')
  const segments = plain === '' ? [] : plain.slice(1).split('/')
  const wrong = segments.some((segment) => /^\.{0,2}$/.test(segment) || /[%;\\?#*\p{Cc}]/u.test(segment))
  return wrong ? null : segments
}

function convertWildcard(path: string): ConvertedPath {
  const segments = path
    .replace(/(?<=.)\/$/, '')
    .slice(1)
    .split('/')
  const known = segments.every((segment) => segment === '*' || segmentsOf(`/${segment}`) !== null)
  if (!known || !path.startsWith('/') || segments.some((segment) => /[[\]?]/.test(segment))) {
    return { ok: false, reason: 'a wildcard here stands for one whole segment' }
  }
  const pattern = { segments: segments.map((segment) => (segment === '*' ? null : segment)), exact: true }
  return { ok: true, patterns: [pattern], differs: 'a trailing slash makes no difference here' }
}

/** How an expression may end, and what that covers. */
const endings: readonly {
  readonly text: RegExp
  readonly exact: boolean
  readonly differs: string | null
}[] = [
  { text: /\(\?*:?\/\|\$\)$|\(\?*:?\$\|\/\)$|\(\?*:?\/\.\*\)\?\$$/, exact: false, differs: null },
  { text: /\/\?\$$/, exact: true, differs: null },
  { text: /\/\(?\.\*\)?\$?$|\/\.\+\$?$|\/$/, exact: false, differs: 'covers the path without the slash too' },
  {
    text: /\(?\.\*\)?\$?$/,
    exact: false,
    differs: 'the expression goes on without a "/": it matched what only begins so, too',
  },
  { text: /\$$/, exact: true, differs: 'a trailing slash makes no difference here' },
  {
    text: /$/,
    exact: false,
    differs: 'the expression has no end: it matched what only begins so, too',
  },
]

function convertExpression(source: string): ConvertedPath {
  if (!source.startsWith('^')) {
    return { ok: false, reason: 'the expression is searched anywhere in a path; locations here begin at "/"' }
  }
  const body = source.slice(1).replaceAll('\\/', '/')
  if (/\(\?[!=<](?![A-Za-z_])/.test(body) || /^\(\?/.test(body)) {
    return { ok: false, reason: 'look-arounds and flags have no counterpart in a path' }
  }
  for (const { text, exact, differs } of endings) {
    const found = text.exec(body)
    if (found === null) continue
    const paths = pathsOf(body.slice(0, found.index))
    if (paths === null) continue
    const wide =
      paths.some((segments) => segments.includes(null)) &&
      !/^(?:\/(?:\[\^\/\]\+|[\w.-]+|\([\w|-]+\)))*$/.test(body.slice(0, found.index))
    const stars = wide ? 'a `*` covers any segment, the expression only some' : null
    const said = [differs, stars].filter((text) => text !== null).join('; ')
    return {
      ok: true,
      patterns: paths.map((segments) => ({ segments, exact })),
      differs: said === '' ? null : said,
    }
  }
  return { ok: false, reason: 'the expression is no list of whole segments' }
}

/** The paths that the beginning of an expression stands for; at most 50. */
function pathsOf(source: string): readonly (readonly (string | null)[])[] | null {
  if (source === '') return [[]]
  if (!source.startsWith('/')) return null
  let paths: readonly (readonly (string | null)[])[] = [[]]
  for (const part of splitSegments(source.slice(1))) {
    const choices = choicesOf(part)
    if (choices === null) return null
    paths = paths.flatMap((path) => choices.map((choice) => [...path, choice]))
    if (paths.length > 50) return null
  }
  return paths
}

/** At slashes outside of groups and sets. */
function splitSegments(source: string): readonly string[] {
  const parts = ['']
  let depth = 0
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] ?? ''
    if (character === '(' || character === '[') depth += 1
    if (character === ')' || character === ']') depth -= 1
    if (character === '/' && depth === 0) parts.push('')
    else {
      const escaped = character === '\\' ? (source[at + 1] ?? '') : ''
      parts.push(`${parts.pop() ?? ''}${character}${escaped}`)
      if (escaped !== '') at += 1
    }
  }
  return parts
}

const anySegment =
  /^(?:\(\?P?<\w+>|\(\?:|\()?(?:\[\^\/\]|\[\\?[\w\\.+-]+\]|\\[wdS]|\.)[+*](?:\\?\.?[\w\\.]*)?\)?$/

/** One segment: a literal, a few of them, or anything. */
function choicesOf(part: string): readonly (string | null)[] | null {
  const literal = plainText(part)
  if (literal !== null) return literal === '' ? null : [literal]
  const [, group] = /^\((?:\?:)?([^()]*)\)$/.exec(part) ?? []
  const texts = group?.split('|').map(plainText) ?? []
  if (texts.length > 0 && texts.every((text): text is string => text !== null && text !== '')) return texts
  return anySegment.test(part) ? [null] : null
}

function plainText(source: string): string | null {
  const text = source.replaceAll(/\\([^\w])/g, '$1')
  return /[*+?^$()|[\]{}]/.test(source.replaceAll(/\\[^\w]/g, '')) ||
    /\\/.test(text) ||
    /(?<!\\)\./.test(source)
    ? null
    : text
}
