import { coveringLocations } from '../../core/covering.ts'
import type { App, Location } from '../../core/gateway.ts'
import { patternText } from '../../core/pattern.ts'

/** Stands for `*`, and for whatever lies below: a segment that no location can name. */
const anything = '\u0000'

export function placeholderPath({ pattern }: Location): readonly string[] {
  return pattern.segments.map((segment) => segment ?? anything)
}

/**
 * What would judge the paths of a location if it were not there: the locations of the next pattern around it, or the
 * app's own rule.
 */
export function enclosingLocations(app: App, location: Location): readonly Location[] {
  const own = patternText(location.pattern)
  const around = coveringLocations(app, placeholderPath(location)).filter((other) => {
    if (other === app.fallback) return true
    return patternText(other.pattern) !== own && (location.pattern.exact || !other.pattern.exact)
  })
  const [nearest] = around
  if (nearest === undefined || nearest === app.fallback) return [app.fallback]
  const pattern = patternText(nearest.pattern)
  return around.filter((other) => other !== app.fallback && patternText(other.pattern) === pattern)
}

export function isOpen({ access }: Location): boolean {
  return access.kind === 'anyone' || access.kind === 'maybe_signed_in'
}

/** Locations of an app that stand side by side at one pattern, by that pattern. */
export function byPattern(app: App): ReadonlyMap<string, readonly Location[]> {
  return Map.groupBy(app.allLocations, ({ pattern }) => patternText(pattern))
}
