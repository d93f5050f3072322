import type { Location, LocationTree, Pattern } from '../gateway.ts'
import { findOverlaps, type Overlap } from './location-overlap.ts'
import { sharedMethods } from './method.ts'

/** Why locations cannot stand beside each other. */
export type LocationFault =
  | Overlap
  /** Same pattern; `method` both name, or null when both lack `methods`. */
  | {
      readonly kind: 'duplicate'
      readonly first: Location
      readonly second: Location
      readonly method: string | null
    }

export type LocationTreeResult =
  | { readonly ok: true; readonly tree: LocationTree }
  | { readonly ok: false; readonly faults: readonly LocationFault[] }

/**
 * Puts an app's locations into a tree by segment; their order means nothing. Finds what is ambiguous: two of one
 * pattern that claim the same method, and patterns that overlap without inclusion and without their common pattern.
 */
export function buildLocationTree(locations: readonly Location[]): LocationTreeResult {
  const root = emptyNode()
  for (const location of locations) {
    const node = nodeFor(root, location.pattern.segments)
    ;(location.pattern.exact ? node.exact : node.subtree).push(location)
  }
  const faults = [...findDuplicates(root), ...findOverlaps(root)]
  return faults.length === 0 ? { ok: true, tree: root } : { ok: false, faults }
}

/** The tree while it grows. */
interface GrowingTree extends LocationTree {
  readonly literal: Map<string, GrowingTree>
  star: GrowingTree | null
  readonly subtree: Location[]
  readonly exact: Location[]
}

function emptyNode(): GrowingTree {
  return { literal: new Map(), star: null, subtree: [], exact: [] }
}

function nodeFor(root: GrowingTree, segments: Pattern['segments']): GrowingTree {
  let node = root
  for (const segment of segments) {
    const child: GrowingTree = (segment === null ? node.star : node.literal.get(segment)) ?? emptyNode()
    if (segment === null) node.star = child
    else node.literal.set(segment, child)
    node = child
  }
  return node
}

/**
 * The locations of the most specific pattern that covers a path, or null. All have that one pattern; `chooseMethod`
 * picks among them. `segments` are decoded, without an empty one for a trailing slash; another empty one is no `*`.
 *
 * Depth first, the literal branch before `*`, longer before shorter: as patterns that overlap have their common
 * pattern in the tree, the first that is found is included in every other that covers the path. The walk sees the
 * path's own branches alone, however many locations there are.
 */
export function matchLocation(
  tree: LocationTree,
  segments: readonly string[],
  depth = 0,
): readonly Location[] | null {
  const segment = segments[depth]
  if (segment === undefined) {
    if (tree.exact.length > 0) return tree.exact
  } else {
    const literal = tree.literal.get(segment)
    const below =
      (literal && matchLocation(literal, segments, depth + 1)) ??
      (tree.star && segment !== '' ? matchLocation(tree.star, segments, depth + 1) : null)
    if (below) return below
  }
  return tree.subtree.length > 0 ? tree.subtree : null
}

function findDuplicates(node: LocationTree): readonly LocationFault[] {
  const children = node.star === null ? [...node.literal.values()] : [...node.literal.values(), node.star]
  return [
    ...duplicatesAmong(node.subtree),
    ...duplicatesAmong(node.exact),
    ...children.flatMap((child) => findDuplicates(child)),
  ]
}

function duplicatesAmong(locations: readonly Location[]): readonly LocationFault[] {
  return locations.flatMap((second, index) => {
    for (const first of locations.slice(0, index)) {
      const shared = sharedMethods(first.methods, second.methods)
      if (shared !== undefined) return [{ kind: 'duplicate' as const, first, second, method: shared }]
    }
    return []
  })
}
