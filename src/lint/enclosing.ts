import type { App, Location, LocationTree, Pattern } from '../core/gateway.ts'
import { bySpecificity } from '../core/request/location-pattern.ts'

/**
 * What would judge the paths of a location if it were not there: the locations of the most specific other pattern
 * that covers all of them, or the app's own rule.
 */
export function enclosingLocations(app: App, location: Location): readonly Location[] {
  const around = groupsAround(app.locations, location.pattern).filter((group) => !group.includes(location))
  const [nearest] = around.toSorted(([a], [b]) => (a && b ? bySpecificity(a.pattern, b.pattern) : 0))
  return nearest ?? [app.fallback]
}

/** Locations by pattern, of all the patterns that cover a whole one: walks its own branches alone. */
function groupsAround(node: LocationTree, pattern: Pattern, depth = 0): readonly (readonly Location[])[] {
  const own = node.subtree.length > 0 ? [node.subtree] : []
  const segment = pattern.segments[depth]
  if (segment === undefined) return pattern.exact && node.exact.length > 0 ? [...own, node.exact] : own
  const branches = [segment === null ? undefined : node.literal.get(segment), node.star]
  return [...own, ...branches.flatMap((branch) => (branch ? groupsAround(branch, pattern, depth + 1) : []))]
}

export function isOpen({ access }: Location): boolean {
  return access.kind === 'anyone' || access.kind === 'maybe_signed_in'
}
