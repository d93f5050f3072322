import type { PathPattern } from '../path-pattern.ts'

export type ConvertedRoute =
  | {
      readonly ok: true
      readonly patterns: readonly PathPattern[]
      /** Whether ours cover paths that the expression did not match, or the other way round. */
      readonly more: string | null
      readonly less: string | null
    }
  | { readonly ok: false; readonly reason: string }

/**
 * An expression of oauth2-proxy, which is searched anywhere in the path, as patterns of ours. Only what is a list of
 * plain paths can be said: nothing is ever covered that the expression did not match, but a path with and without its
 * last slash, which is one here.
 */
export function convertRoute(expression: string): ConvertedRoute {
  const alternatives = alternativesOf(expression)
  if (alternatives === null) return { ok: false, reason: 'the expression is no list of plain paths' }
  const patterns: PathPattern[] = []
  let more: string | null = null
  let less: string | null = null
  for (const alternative of alternatives) {
    const converted = convertOne(alternative)
    if (!converted.ok) return converted
    patterns.push(...converted.patterns)
    more ??= converted.more
    less ??= converted.less
  }
  return { ok: true, patterns, more, less }
}

const withoutSlash =
  'the path itself is covered too, not only what lies below: a last slash makes no difference here'
const withSlash = 'the path with a last slash is covered too: that makes no difference here'
const onlyBegins = 'the expression goes on without a "/": it matched what only begins so, too'

/** How an expression may end, the longest first. */
const endings: readonly {
  readonly text: RegExp
  readonly exact: boolean
  readonly more: string | null
  readonly less: string | null
}[] = [
  { text: /\((?:\?:)?(?:\/\|\$|\$\|\/)\)$|\((?:\?:)?\/\.\*\)\?\$$/, exact: false, more: null, less: null },
  { text: /\((?:\?:)?\/\.\*\)\?$/, exact: false, more: null, less: onlyBegins },
  { text: /\/\?\$$/, exact: true, more: null, less: null },
  { text: /\/\(?\.\*\)?\$?$|\/$/, exact: false, more: withoutSlash, less: null },
  { text: /\(?\.\*\)?\$?$/, exact: false, more: null, less: onlyBegins },
  { text: /\$$/, exact: true, more: withSlash, less: null },
  { text: /$/, exact: false, more: null, less: onlyBegins },
]

function convertOne(expression: string): ConvertedRoute {
  const anchored = expression.startsWith('^')
  const body = (anchored ? expression.slice(1) : expression).replaceAll('\\/', '/')
  if (/^\/?(?:\.\*)?$/.test(body) || (!anchored && /^\/?\$?$/.test(body) && !body.endsWith('$'))) {
    return { ok: true, patterns: [{ segments: [], exact: false }], more: null, less: null }
  }
  for (const { text, exact, more, less } of endings) {
    const ending = text.exec(body)
    if (ending === null) continue
    const segments = segmentsOf(body.slice(0, ending.index))
    // A path is never empty: `^$` matches none.
    if (segments === null || (body === '$' && anchored)) continue
    // `^/(/|$)` and `^//` begin with two slashes, or are the root alone.
    if (body.slice(0, ending.index) === '/' && !exact) continue
    const anywhere = anchored ? null : 'the expression has no "^": it matched anywhere in a path'
    const root = segments.length === 0 && !exact
    const said = [
      anywhere,
      root ? null : less,
      /(?<!\\)\.(?![*+])/.test(body) ? 'a "." matched any character' : null,
    ]
    const narrower = said.filter((one) => one !== null).join('; ')
    return {
      ok: true,
      patterns: [{ segments, exact }],
      more: root ? null : more,
      less: narrower === '' ? null : narrower,
    }
  }
  return { ok: false, reason: 'the expression is no list of plain paths' }
}

function segmentsOf(source: string): readonly (string | null)[] | null {
  if (source === '' || source === '/') return []
  if (!source.startsWith('/')) return null
  const segments: (string | null)[] = []
  for (const part of source.replaceAll('[^/]', '\u0000').slice(1).split('/')) {
    if (part === '\u0000+') {
      segments.push(null)
      continue
    }
    const text = part.replaceAll(/\\([^\w])/g, '$1')
    // A dot that is not escaped is taken for the dot that was meant: that covers less, never more.
    if (/[*+?^$()|[\]{}\\]/.test(part.replaceAll(/\\[^\w]/g, '')) || /[%;\\?#*\p{Cc}]/u.test(text))
      return null
    if (text === '' || text === '.' || text === '..') return null
    segments.push(text)
  }
  return segments
}

/** `^/a|^/b` and `^/(a|b)/` as expressions without alternatives; null for more than 50. */
function alternativesOf(expression: string): readonly string[] | null {
  if (expression === '') return null
  let all = splitTop(expression)
  for (let changed = true; changed && all.length <= 50; ) {
    const next = all.flatMap(expandGroup)
    changed = next.length !== all.length || next.some((one, index) => one !== all[index])
    all = next.flatMap(splitTop)
  }
  return all.length > 50 ? null : all
}

function expandGroup(expression: string): readonly string[] {
  const [whole, before = '', inner = '', after = ''] =
    /^((?:[^()\\]|\\.)*)\((?:\?:)?((?:[^()\\?]|\\.)*)\)(?![*+?{])(.*)$/.exec(expression) ?? []
  if (whole === undefined || !/[\w/]/.test(inner) || /^\/?\.\*$|^\/\|\$$|^\$\|\/$/.test(inner))
    return [expression]
  return inner.split('|').map((one) => {
    const anchored = one.startsWith('^') && before === ''
    return `${before}${anchored || !one.startsWith('^') ? one : `\\A${one}`}${after}`
  })
}

function splitTop(expression: string): readonly string[] {
  const parts = ['']
  let depth = 0
  for (let at = 0; at < expression.length; at += 1) {
    const character = expression[at] ?? ''
    const text = character === '\\' ? expression.slice(at, at + 2) : character
    at += text.length - 1
    if (text === '(' || text === '[') depth += 1
    if (text === ')' || text === ']') depth -= 1
    if (text === '|' && depth === 0) parts.push('')
    else parts.push(`${parts.pop() ?? ''}${text}`)
  }
  return parts
}
