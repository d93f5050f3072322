import type { Access, Location } from '../../core/gateway.ts'
import { buildLocationTree, type LocationFault } from '../../core/request/location.ts'
import { labelOf, patternText } from '../../core/request/location-pattern.ts'
import type { ConfigPath } from '../node.ts'
import type { AppLocations } from './app.ts'
import { faultAt, type Scope } from './scope.ts'

export interface BuiltLocation {
  readonly location: Location
  readonly path: ConfigPath
  /** As the location itself says, without the app's floor. */
  readonly own: Access
  /** False: it is rehearsed. */
  readonly enforced: boolean
}

export type LocationTrees = Omit<AppLocations, 'fallback'>

/**
 * The locations of an app as they are enforced, and as they would be if those that are rehearsed were too. Both must
 * be free of doubt; null when one is not, and reported.
 */
export function buildTrees(scope: Scope, built: readonly BuiltLocation[]): LocationTrees | null {
  const enforced = built.filter((one) => one.enforced)
  const rehearsed = built.filter((one) => !one.enforced)
  const own = treeOf(scope, enforced, rehearsed)
  if (rehearsed.length === 0) return own && { ...own, rehearsal: null }
  const other = treeOf(scope, [...without(enforced, rehearsed), ...rehearsed], [])
  if (own === null || other === null) return null
  return { ...own, rehearsal: { ...other, rehearsed: rehearsed.map(({ location }) => location) } }
}

/** A location that is rehearsed stands in for the one of the same path and methods: so its rule can be tried. */
function without(
  enforced: readonly BuiltLocation[],
  rehearsed: readonly BuiltLocation[],
): readonly BuiltLocation[] {
  const replaced = new Set(rehearsed.map(keyOf))
  return enforced.filter((one) => !replaced.has(keyOf(one)))
}

function keyOf({ location: { pattern, methods } }: BuiltLocation): string {
  return labelOf(pattern, methods === null ? null : new Set([...methods].sort()))
}

function treeOf(
  scope: Scope,
  built: readonly BuiltLocation[],
  left: readonly BuiltLocation[],
): Pick<AppLocations, 'all' | 'tree'> | null {
  const all = built.map(({ location }) => location)
  const result = buildLocationTree(all)
  if (result.ok) return { all, tree: result.tree }
  const paths = new Map(built.map(({ location, path }) => [location, path]))
  for (const fault of result.faults) {
    faultAt(scope, [...(paths.get(fault.second) ?? []), 'path'], messageOf(fault, left))
  }
  return null
}

function messageOf(fault: LocationFault, left: readonly BuiltLocation[]): string {
  const both = `${fault.second.label} and ${fault.first.label}`
  switch (fault.kind) {
    case 'duplicate': {
      const what = fault.method === null ? 'both stand for all methods' : `both answer ${fault.method}`
      return `${both} have the same pattern, and ${what}`
    }
    case 'overlap': {
      const common = patternText(fault.common)
      const isLeft = left.some(({ location }) => patternText(location.pattern) === common)
      const more = isLeft ? ` (the one with \`enforce: false\` does not)` : ''
      return `${both} both cover ${fault.path}, and neither lies within the other: add a location for ${common}, which then decides there${more}`
    }
  }
}
