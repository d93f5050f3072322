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
  return labelOf(
    { ...pattern, written: pattern.segments },
    methods === null ? null : new Set([...methods].sort()),
  )
}

function treeOf(
  scope: Scope,
  built: readonly BuiltLocation[],
  left: readonly BuiltLocation[],
): Pick<AppLocations, 'all' | 'tree'> | null {
  const all = built.map(({ location }) => location)
  const result = buildLocationTree(all)
  const paths = new Map(built.map(({ location, path }) => [location, path]))
  const oneSpelling = checkSpellings(scope, built)
  if (result.ok) return oneSpelling ? { all, tree: result.tree } : null
  for (const fault of result.faults) {
    if (fault.kind === 'duplicate' && !isWrittenAlike(fault.first, fault.second)) continue
    faultAt(scope, [...(paths.get(fault.second) ?? []), 'path'], messageOf(fault, left))
  }
  return null
}

/** Locations of one pattern have one spelling, be it for different methods: who reads one of two sees half of the rule. */
function checkSpellings(scope: Scope, built: readonly BuiltLocation[]): boolean {
  const first = new Map<string, Location>()
  let oneSpelling = true
  for (const { location, path } of built) {
    const { pattern } = location
    const key = patternText(pattern)
    const before = first.get(key) ?? location
    first.set(key, before)
    if (isWrittenAlike(before, location)) continue
    const message = `${location.label} and ${before.label} are one path where case is ignored: keep one of them, or write both alike, each with its methods`
    faultAt(scope, [...path, 'path'], message)
    oneSpelling = false
  }
  return oneSpelling
}

function isWrittenAlike({ pattern: a }: Location, { pattern: b }: Location): boolean {
  return (
    patternText({ segments: a.written, exact: a.exact }) ===
    patternText({ segments: b.written, exact: b.exact })
  )
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
