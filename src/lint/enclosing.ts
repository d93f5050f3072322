import type { App, Location, LocationTree, Pattern } from '../core/gateway.ts'

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

/** Of two that cover the same path: the longer, the exact, the one with fewer `*`. */
function bySpecificity(a: Pattern, b: Pattern): number {
  return b.segments.length - a.segments.length || Number(b.exact) - Number(a.exact) || starsOf(a) - starsOf(b)
}

function starsOf({ segments }: Pattern): number {
  return segments.filter((segment) => segment === null).length
}

/** The place of a pattern in the tree. */
export function nodeOf(tree: LocationTree, { segments }: Pattern): LocationTree | null {
  let node: LocationTree | null = tree
  for (const segment of segments) node = (segment === null ? node?.star : node?.literal.get(segment)) ?? null
  return node
}

export function isOpen({ access }: Location): boolean {
  return access.kind === 'anyone' || access.kind === 'maybe_signed_in'
}
