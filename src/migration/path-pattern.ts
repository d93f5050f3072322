/** A location's pattern of ours: null stands for one whole segment. */
export interface PathPattern {
  readonly segments: readonly (string | null)[]
  readonly exact: boolean
}

/** Whether every path that `inner` covers is covered by `outer`. */
export function includes(outer: PathPattern, inner: PathPattern): boolean {
  const fits = outer.segments.every((segment, index) => {
    const other = inner.segments[index]
    return other !== undefined && (segment === null || segment === other)
  })
  const same = outer.segments.length === inner.segments.length
  return fits && outer.segments.length <= inner.segments.length && (!outer.exact || (inner.exact && same))
}

/** Whether a pattern covers a path; a trailing slash is none. */
export function covers(pattern: PathPattern, path: string): boolean {
  const segments = path === '/' ? [] : path.replace(/\/$/, '').slice(1).split('/')
  return includes(pattern, { segments, exact: true })
}

/** What two patterns both cover; null when that is nothing. */
export function common(one: PathPattern, other: PathPattern): PathPattern | null {
  const [short, long] = one.segments.length <= other.segments.length ? [one, other] : [other, one]
  if (short.exact && short.segments.length < long.segments.length) return null
  const segments: (string | null)[] = []
  for (const [index, segment] of long.segments.entries()) {
    const theirs = short.segments[index]
    if (typeof theirs === 'string' && segment !== null && theirs !== segment) return null
    segments.push(segment ?? theirs ?? null)
  }
  return { segments, exact: one.exact || other.exact }
}

export function patternKey(pattern: PathPattern): string {
  return `${pathText(pattern)}${pattern.exact ? ' (exact)' : ''}`
}

/** As the path of a location. */
export function pathText({ segments }: PathPattern): string {
  return `/${segments.map((segment) => segment ?? '*').join('/')}`
}
