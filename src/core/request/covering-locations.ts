import type { App, Location, Pattern } from '../gateway.ts'
import { caselessKeys } from './caseless.ts'
import { bySpecificity } from './location-pattern.ts'

/**
 * Every location that covers a path, the most specific first, the app's own rule last; for people: which of them
 * judges is for core/request/route-match to say.
 */
export function coveringLocations(app: App, segments: readonly string[]): readonly Location[] {
  const compared = app.ignoreCase ? caselessKeys(segments) : segments
  const covering = app.allLocations.filter(({ pattern }) => coversPath(pattern, compared))
  return [...covering.sort((a, b) => bySpecificity(a.pattern, b.pattern)), app.fallback]
}

function coversPath(pattern: Pattern, segments: readonly string[]): boolean {
  const fits = pattern.exact
    ? segments.length === pattern.segments.length
    : segments.length >= pattern.segments.length
  return (
    fits &&
    pattern.segments.every((segment, at) =>
      segment === null ? segments[at] !== '' : segment === segments[at],
    )
  )
}
