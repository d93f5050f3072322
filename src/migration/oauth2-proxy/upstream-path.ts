import type { PathPattern } from '../path-pattern.ts'
import type { UpstreamEntry } from './upstream-entries.ts'

/** What an upstream's path is here. */
export interface MappedPath {
  readonly prefix: readonly string[]
  /** The path in front of which the app gets requests. */
  readonly base: string
  readonly strip: boolean
  /** oauth2-proxy took that one path alone. */
  readonly exact: boolean
}

/** A prefix, or an expression that takes a prefix off or leaves it; null for everything else. */
export function mapPath(entry: UpstreamEntry): MappedPath | null {
  const { path, rewrite } = entry
  const [plain, base] = rewrite === null ? [path, ''] : rewritten(path, rewrite)
  if (plain === null || base === null) return null
  if (!/^\/(?:[\w.~-]+(?:\/[\w.~-]+)*\/?)?$/.test(plain)) return null
  const prefix = segmentsOf(plain)
  if (prefix.some((segment) => /^\.\.?$/.test(segment))) return null
  const exact = rewrite === null && !path.endsWith('/')
  const own = prefix.length === 0 ? '' : `/${prefix.join('/')}`
  if (rewrite === null) return { prefix, base, strip: false, exact }
  if (own !== '' && base.endsWith(own))
    return { prefix, base: base.slice(0, -own.length), strip: false, exact }
  return { prefix, base, strip: own !== '', exact }
}

/** `^/prefix/(.*)$` to `/base/$1`, or `^/prefix(/.*)$` to `/base$1`: the prefix, and what stands in its place. */
function rewritten(path: string, rewrite: string): readonly [string | null, string | null] {
  const [, before, group] = /^\^((?:\/[\w.~-]+)*\/?)\((\.\*|\/\.\*)\)\$?$/.exec(path) ?? []
  const isWhole = before !== undefined && before.endsWith('/') === (group === '.*')
  const [, base = null, slash] = /^((?:\/[\w.~-]+)*)(\/?)(?:\$1|\$\{1\})$/.exec(rewrite) ?? []
  const fits = isWhole && (slash === '/') === (group === '.*')
  return fits ? [before === '' ? '/' : before, base] : [null, null]
}

/** What an upstream that cannot be converted may have taken: its path, or where its expression begins. */
export function takenBy({ path, rewrite }: UpstreamEntry): PathPattern {
  const isExpression = rewrite !== null || /[^\w./~-]/.test(path)
  if (!isExpression) return { segments: segmentsOf(path), exact: !path.endsWith('/') }
  if (rewrite !== null && !path.startsWith('^')) return { segments: [], exact: false }
  const [literal = '/'] = /^\/[\w~/-]*/.exec(path.replace(/^\^/, '')) ?? []
  return { segments: segmentsOf(literal.slice(0, literal.lastIndexOf('/'))), exact: false }
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '')
}
