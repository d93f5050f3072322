import { patternOf } from '../../config/location.ts'
import type { App, Gateway, Location, Origin, Pattern, WrittenPattern } from '../../core/gateway.ts'
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
  const own = apps.flatMap(patternsOf)
  // Also of the others: another spelling of a nested app’s path may be this one’s, or nobody’s any more.
  const otherwise = apps.some((app) => isComparedOtherwise(app, sides)) ? own.flatMap(otherSpellings) : []
  const patterns = withCrossings(distinct([...own, ...otherwise]))
  const fresh = freshSegment(patterns)
  const named = locations.flatMap(({ methods }) => [...(methods ?? [])])
  const unnamed = knownMethods.find((method) => !named.includes(method) && method !== 'HEAD') ?? 'GET'
  const methods = [...new Set([unnamed, ...named])].filter((method) => !refusedMethods.includes(method))
  const byMethod = apps.flatMap(patternsOfMethods)
  return patterns.map((pattern) => {
    const path = pattern.written.map((segment) => encodeURIComponent(segment ?? fresh))
    return {
      origin,
      pattern: patternText({ segments: pattern.written, exact: pattern.exact }),
      at: `/${path.join('/')}`,
      below: pattern.exact ? null : `/${[...path, fresh].join('/')}`,
      methods: byMethod.some((one) => overlap(one, pattern)) ? methods : [unnamed],
    }
  })
}

function patternsOf({ fallback, allLocations }: App): readonly WrittenPattern[] {
  return [fallback, ...allLocations].map(keyed)
}

function patternsOfMethods({ allLocations }: App): readonly WrittenPattern[] {
  return allLocations.filter(({ methods }) => methods !== null).map(keyed)
}

/** Compared without case, whatever the app does: more samples than are needed do no harm. */
function keyed({ pattern: { written, exact } }: Location): WrittenPattern {
  return patternOf(written, exact, true)
}

/** Whether the sides compare the paths of an app differently: then it matters how they are spelled. */
function isComparedOtherwise({ name, ignoreCase }: App, sides: readonly Origin[]): boolean {
  const others = sides.flatMap(({ apps }) => apps).filter((other) => other.name === name)
  return others.some((other) => other.ignoreCase !== ignoreCase)
}

/** A pattern as servers that ignore case alone take it for the same. */
function otherSpellings({ written, exact }: WrittenPattern): readonly WrittenPattern[] {
  return spellings.map((spell) => {
    const segments = written.map((segment) => (segment === null ? null : spell(segment)))
    return patternOf(segments, exact, true)
  })
}

/** Of letters of ASCII alone: beyond it servers differ. */
const spellings: readonly ((text: string) => string)[] = [
  (text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
]

/** Two patterns with `*` may meet in a path where neither of them is at home: `/a/*` and `*` before `b` in `/a/b`. */
function withCrossings(patterns: readonly WrittenPattern[]): readonly WrittenPattern[] {
  const starred = patterns.filter(({ written }) => written.includes(null))
  const crossed = starred.flatMap((one) =>
    patterns.slice(0, mostCrossed).flatMap((other) => crossing(one, other) ?? []),
  )
  return distinct([...patterns, ...crossed])
}

function crossing(a: WrittenPattern, b: WrittenPattern): WrittenPattern | null {
  if (!overlap(a, b)) return null
  const longer = a.written.length >= b.written.length ? a : b
  const written = longer.written.map((_, at) => a.written[at] ?? b.written[at] ?? null)
  return patternOf(written, longer.exact, true)
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

function distinct(patterns: readonly WrittenPattern[]): readonly WrittenPattern[] {
  return [...new Map(patterns.map((one) => [JSON.stringify([one.written, one.exact]), one])).values()]
}
