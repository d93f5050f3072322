import type { Gateway, Origin, Pattern } from '../../core/gateway.ts'
import { patternText } from '../../core/request/location-pattern.ts'
import { knownMethods, refusedMethods } from '../../core/request/method.ts'

/** One pattern of either file: what two rule files may judge alike. */
export interface Area {
  /** `https://wiki.example.com`. */
  readonly origin: string
  /** `/admin`, `/api/*`, `/login (exact)`. */
  readonly pattern: string
  /** A path that is the pattern's own, and one below it; null for an exact one. */
  readonly at: string
  readonly below: string | null
  /** Those that some location names, and one that none does. */
  readonly methods: readonly string[]
}

/** A request that stands for an area, or for a part of it. */
export interface SampleRequest {
  readonly method: string
  readonly url: string
}

/** More patterns with `*` would be crossed for hours. */
const mostCrossed = 2000

/**
 * Requests at and below every location of both files and every app of theirs, with every method that is named there
 * and one that is not. What stands for `*`, and for what lies below, is a segment that neither file names.
 */
export function areasOf(before: Gateway, after: Gateway): readonly Area[] {
  const origins = new Map<string, Origin[]>()
  for (const origin of [...originsOf(before), ...originsOf(after)]) {
    origins.set(origin.origin, [...(origins.get(origin.origin) ?? []), origin])
  }
  return [...origins].flatMap(([name, sides]) => areasOfOrigin(name, sides))
}

function originsOf({ hosts }: Gateway): ReadonlySet<Origin> {
  return new Set(hosts.values())
}

function areasOfOrigin(origin: string, sides: readonly Origin[]): readonly Area[] {
  const apps = sides.flatMap((side) => side.apps)
  const locations = apps.flatMap((app) => app.allLocations)
  const roots = apps.map(({ prefix }): Pattern => ({ segments: prefix, exact: false }))
  const patterns = withCrossings(distinct([...roots, ...locations.map(({ pattern }) => pattern)]))
  const fresh = freshSegment(patterns)
  const named = locations.flatMap(({ methods }) => [...(methods ?? [])])
  const unnamed = knownMethods.find((method) => !named.includes(method) && method !== 'HEAD') ?? 'GET'
  const methods = [...new Set([unnamed, ...named])].filter((method) => !refusedMethods.includes(method))
  return patterns.map((pattern) => {
    const byMethod = locations.some((one) => one.methods !== null && overlap(one.pattern, pattern))
    const own = pattern.segments.map((segment) => encodeURIComponent(segment ?? fresh))
    return {
      origin,
      pattern: patternText(pattern),
      at: `/${own.join('/')}`,
      below: pattern.exact ? null : `/${[...own, fresh].join('/')}`,
      methods: byMethod ? methods : [unnamed],
    }
  })
}

/** Two patterns with `*` may meet in a path where neither of them is at home: `/a/*` and `*` before `b` in `/a/b`. */
function withCrossings(patterns: readonly Pattern[]): readonly Pattern[] {
  const starred = patterns.filter(({ segments }) => segments.includes(null))
  const crossed = starred.flatMap((one) =>
    patterns.slice(0, mostCrossed).flatMap((other) => crossing(one, other) ?? []),
  )
  return distinct([...patterns, ...crossed])
}

function crossing(a: Pattern, b: Pattern): Pattern | null {
  if (!overlap(a, b)) return null
  const longer = a.segments.length >= b.segments.length ? a : b
  const segments = longer.segments.map((_, at) => a.segments[at] ?? b.segments[at] ?? null)
  return { segments, exact: longer.exact }
}

/** Whether some path may be covered by both. */
function overlap(a: Pattern, b: Pattern): boolean {
  return a.segments.every((segment, at) => {
    const other = b.segments[at]
    return other === undefined ? !b.exact : segment === null || other === null || segment === other
  })
}

function freshSegment(patterns: readonly Pattern[]): string {
  const used = new Set(patterns.flatMap(({ segments }) => segments))
  let segment = 'x'
  while (used.has(segment)) segment += 'x'
  return segment
}

function distinct(patterns: readonly Pattern[]): readonly Pattern[] {
  return [...new Map(patterns.map((pattern) => [JSON.stringify(pattern), pattern])).values()]
}
