import type { Location, LocationTree, Pattern } from '../gateway.ts'
import { examplePath, locationsOf, patternText } from './location-pattern.ts'

/** Two patterns that overlap, neither within the other, where no location has exactly their common pattern. */
export interface Overlap {
  readonly kind: 'overlap'
  readonly first: Location
  readonly second: Location
  /** A path that both cover. */
  readonly path: string
  /** What a location would have to have to say which of them counts there. */
  readonly common: Pattern
}

/** More help nobody: they come from a few locations. */
const mostOverlaps = 100

/**
 * Overlaps without inclusion, at most one for each missing common pattern and at most a hundred in all.
 *
 * Walks pairs of branches that share a path and differ in at least one segment: `*` on one side, a literal on the
 * other. Literal locations never form such a pair, so ten thousand of them cost ten thousand steps.
 */
export function findOverlaps(root: LocationTree): readonly Overlap[] {
  const found = new Map<string, Overlap>()
  walkOne(root, [], { root, found })
  return [...found.values()]
}

interface Search {
  readonly root: LocationTree
  readonly found: Map<string, Overlap>
}

type Segments = Pattern['segments']

/** Below one branch: pairs come up where it holds both a literal and a `*`. */
function walkOne(node: LocationTree, common: Segments, search: Search): void {
  for (const [segment, child] of node.literal) {
    walkOne(child, [...common, segment], search)
    if (node.star !== null) {
      walkPair(
        { left: node.star, right: child, leftWider: true, rightWider: false },
        [...common, segment],
        search,
      )
    }
  }
  if (node.star !== null) walkOne(node.star, [...common, null], search)
}

/** Two branches of one length whose paths overlap. `wider`: its path covers every path of the other. */
interface Pair {
  readonly left: LocationTree
  readonly right: LocationTree
  readonly leftWider: boolean
  readonly rightWider: boolean
}

function walkPair(pair: Pair, common: Segments, search: Search): void {
  if (search.found.size >= mostOverlaps) return
  checkHere(pair, common, search)
  checkBelow(pair, common, search)
  for (const [segment, next] of pairsBelow(pair)) walkPair(next, [...common, segment], search)
}

/** The pairs of children whose segments go together, with the common segment. */
function* pairsBelow(pair: Pair): Generator<readonly [string | null, Pair]> {
  const { left, right } = pair
  const [fewer, more] = left.literal.size <= right.literal.size ? [left, right] : [right, left]
  for (const [segment, one] of fewer.literal) {
    const other = more.literal.get(segment)
    if (other === undefined) continue
    yield [
      segment,
      fewer === left ? { ...pair, left: one, right: other } : { ...pair, left: other, right: one },
    ]
  }
  if (left.star !== null) {
    for (const [segment, child] of right.literal) {
      yield [segment, { ...pair, left: left.star, right: child, rightWider: false }]
    }
  }
  if (right.star !== null) {
    for (const [segment, child] of left.literal) {
      yield [segment, { ...pair, left: child, right: right.star, leftWider: false }]
    }
  }
  if (left.star !== null && right.star !== null) yield [null, { ...pair, left: left.star, right: right.star }]
}

/** Patterns of the same length. */
function checkHere({ left, right, leftWider, rightWider }: Pair, common: Segments, search: Search): void {
  for (const leftExact of [false, true]) {
    for (const rightExact of [false, true]) {
      const [first] = leftExact ? left.exact : left.subtree
      const [second] = rightExact ? right.exact : right.subtree
      if (first === undefined || second === undefined) continue
      // An exact pattern never covers all that lies below a path.
      if (leftWider && (!leftExact || rightExact)) continue
      if (rightWider && (!rightExact || leftExact)) continue
      demand({ segments: common, exact: leftExact || rightExact }, first, second, search)
    }
  }
}

/** A pattern that covers all below its path, against the longer ones of the other branch. */
function checkBelow({ left, right, leftWider, rightWider }: Pair, common: Segments, search: Search): void {
  const [ofLeft] = left.subtree
  const [ofRight] = right.subtree
  if (ofLeft !== undefined && !leftWider) demandBelow(ofLeft, right, common, search)
  if (ofRight !== undefined && !rightWider) demandBelow(ofRight, left, common, search)
}

function demandBelow(first: Location, node: LocationTree, common: Segments, search: Search): void {
  if (search.found.size >= mostOverlaps) return
  const children: (readonly [string | null, LocationTree])[] = [...node.literal]
  if (node.star !== null) children.push([null, node.star])
  for (const [segment, child] of children) {
    const segments = [...common, segment]
    for (const exact of [false, true]) {
      const [second] = exact ? child.exact : child.subtree
      if (second !== undefined) demand({ segments, exact }, first, second, search)
    }
    demandBelow(first, child, segments, search)
  }
}

function demand(common: Pattern, first: Location, second: Location, { root, found }: Search): void {
  const key = patternText(common)
  if (found.has(key) || found.size >= mostOverlaps || locationsOf(root, common).length > 0) return
  found.set(key, { kind: 'overlap', first, second, path: examplePath(common), common })
}
