import { wordsOf } from './last.ts'
import type { Directive } from './tree.ts'
import { splitWords } from './words.ts'

/** One `RewriteRule` with the conditions in front of it. */
export interface RewriteStep {
  readonly directive: Directive
  /** As written, without the `!` in front. */
  readonly pattern: string
  readonly negated: boolean
  readonly target: string
  /** By their short names in capitals: `P`, `R=301`. */
  readonly flags: readonly string[]
  readonly conditions: readonly RewriteCondition[]
  /** The lines of the conditions, also of those that `[OR]` made one. */
  readonly conditionLines: readonly Directive[]
}

/**
 * What a `RewriteCond` asks for. `upgrade`: a WebSocket. `file`: that no such file is there. `site`: scheme, host or
 * port. `client`: what clients choose freely, such as their name. `method`: one of `names`.
 */
export interface RewriteCondition {
  readonly kind: 'upgrade' | 'file' | 'site' | 'client' | 'method' | 'other'
  readonly names: readonly string[]
}

const ofRewriting = /^rewrite(?:engine|cond|rule|options|base)$/

/** The lines that run: those of the host itself, and the server's where `RewriteOptions` inherits them. */
export function rewritingOf(server: readonly Directive[], own: readonly Directive[]): readonly Directive[] {
  const lines = (directives: readonly Directive[]) => directives.filter(({ key }) => ofRewriting.test(key))
  const above = wordsOf(server, 'RewriteOptions').some((word) => /^inheritdown/i.test(word))
  const asked = wordsOf(own, 'RewriteOptions').some((word) => /^inherit/i.test(word))
  const all = above || asked ? [...lines(server), ...lines(own)] : lines(own)
  return wordsOf(all, 'RewriteEngine')[0]?.toLowerCase() === 'on' ? all : []
}

/** The rules of rewriting, each with its conditions. */
export function rewriteSteps(rewriting: readonly Directive[]): readonly RewriteStep[] {
  const steps: RewriteStep[] = []
  let conditions: Directive[] = []
  for (const directive of rewriting) {
    if (directive.key === 'rewritecond') conditions.push(directive)
    if (directive.key !== 'rewriterule') continue
    steps.push(readStep(directive, conditions))
    conditions = []
  }
  return steps
}

function readStep(directive: Directive, conditions: readonly Directive[]): RewriteStep {
  const [pattern = '', target = '', flags = ''] = splitWords(directive.rest)
  return {
    directive,
    pattern: pattern.replace(/^!/, ''),
    negated: pattern.startsWith('!'),
    target,
    flags: flags
      .replaceAll(/^\[|\]$/g, '')
      .split(',')
      .map(shortFlag),
    conditions: readConditions(conditions),
    conditionLines: conditions,
  }
}

const longFlags: ReadonlyMap<string, string> = new Map([
  ['PROXY', 'P'],
  ['FORBIDDEN', 'F'],
  ['GONE', 'G'],
  ['REDIRECT', 'R'],
  ['LAST', 'L'],
  ['PASSTHROUGH', 'PT'],
])

function shortFlag(flag: string): string {
  const [name = '', value] = flag.trim().split('=')
  const short = longFlags.get(name.toUpperCase()) ?? name.toUpperCase()
  return value === undefined ? short : `${short}=${value}`
}

/** Conditions joined by `[OR]` are one of their kind where all are of one kind, else nobody knows what they come to. */
function readConditions(directives: readonly Directive[]): readonly RewriteCondition[] {
  const read = directives.map(readCondition)
  const joined = directives.some(({ rest }) => /\[[^\]]*\bOR\b[^\]]*\]$/i.test(rest))
  const [first] = read
  if (!joined || first === undefined) return read
  if (!read.every(({ kind }) => kind === first.kind)) return read.map((one) => ({ ...one, kind: 'other' }))
  return [{ ...first, names: read.flatMap(({ names }) => names) }]
}

function readCondition(directive: Directive): RewriteCondition {
  const [test = '', pattern = ''] = splitWords(directive.rest)
  const kind = kindOf(test, pattern)
  const names = kind === 'method' ? pattern.replaceAll(/[^A-Z|]/g, '').split('|') : []
  return { kind, names }
}

function kindOf(test: string, pattern: string): RewriteCondition['kind'] {
  if (/^%\{HTTP:(?:Upgrade|Connection)\}$/i.test(test)) return 'upgrade'
  if (/^!-[fdls]$/.test(pattern)) return 'file'
  if (
    /^%\{(?:HTTPS|SERVER_PORT|REQUEST_SCHEME|HTTP_HOST|SERVER_NAME|HTTP:X-Forwarded-Proto|HTTP:Host)\}$/i.test(
      test,
    )
  ) {
    return 'site'
  }
  if (/^%\{HTTP_(?:USER_AGENT|REFERER)\}$/i.test(test)) return 'client'
  if (/^%\{REQUEST_METHOD\}$/i.test(test) && namesMethods(pattern)) return 'method'
  return 'other'
}

/** `^(TRACE|TRACK)` names methods; `^P` is searched, and found in several. */
function namesMethods(pattern: string): boolean {
  if (/^\^\((?:[A-Z]+\|)*[A-Z]+\)\$$|^\^[A-Z]+\$$/.test(pattern)) return true
  return /^\^?\(?(?:(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|TRACK|CONNECT)\|?\b)+\)?\$?$/.test(
    pattern,
  )
}

/** Whether a step passes requests on to an app. */
export function passesOn({ flags }: RewriteStep): boolean {
  return flags.includes('P')
}

/** Whether a step runs for every request at its path, as far as it matters to who gets in: a file that is there went out as it is. */
export function runsAlways({ conditions }: RewriteStep): boolean {
  return conditions.every(({ kind }) => kind === 'upgrade' || kind === 'file')
}

/** Expressions that only say "all below a path": `^/wiki/(.*)$` to `http://a/wiki/$1`. Null for all others. */
export function readMatch(
  expression: string,
  target: string,
): { readonly path: string; readonly target: string } | null {
  if (target === '!' || target === '-') return null
  const [, outside, inside] = /^\^?(\/[\w/.-]*)?\(?(\/[\w/.-]*)?\(?(?:\.\*)\)?\$?$/.exec(expression) ?? []
  const captured = /^(.*?)\/?(?:\$(?:1|\{[^}]*\}|0)|%\{REQUEST_URI\})$/.exec(target)?.[1]
  if (captured === undefined || (outside === undefined && inside === undefined)) return null
  // What stands within the parentheses comes back with $1.
  const path = `${outside ?? ''}${inside ?? ''}` || '/'
  return { path, target: `${captured}${inside ?? '/'}` }
}

/** The path that a step passes on with all below; null where it is not one, or not for all of it. */
export function passedPath(step: RewriteStep): { readonly path: string; readonly target: string } | null {
  return step.negated ? null : readMatch(step.pattern, step.target)
}
