import type { App, Location, Pattern } from '../gateway.ts'

/**
 * Every location that covers a path, the most specific first, the app's own rule last; for people: which of them
 * judges is for core/place to say.
 */
export function coveringLocations(app: App, segments: readonly string[]): readonly Location[] {
  const covering = app.allLocations.filter(({ pattern }) => coversPath(pattern, segments))
  return [...covering.sort((a, b) => bySpecificity(a.pattern, b.pattern)), app.fallback]
}

function coversPath(pattern: Pattern, segments: readonly string[]): boolean {
  const fits = pattern.exact
    ? segments.length === pattern.segments.length
    : segments.length >= pattern.segments.length
  return fits && pattern.segments.every((segment, at) => segment === null || segment === segments[at])
}

/** Of two that cover the same path: the longer, the exact, the one with fewer `*`. */
function bySpecificity(a: Pattern, b: Pattern): number {
  return b.segments.length - a.segments.length || Number(b.exact) - Number(a.exact) || starsOf(a) - starsOf(b)
}

function starsOf({ segments }: Pattern): number {
  return segments.filter((segment) => segment === null).length
}
