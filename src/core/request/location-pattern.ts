import type { Location, LocationTree, Pattern, WrittenPattern } from '../gateway.ts'
import { showOwn } from '../show.ts'
import { shortMethods } from './method.ts'

/** `/admin`, `/api/*` and `/`, with ` (exact)` where it says so: how people write and read a pattern. */
export function patternText({ segments, exact }: Pattern): string {
  const path = `/${segments.map((segment) => segment ?? '*').join('/')}`
  return exact ? `${path} (exact)` : path
}

/** A location's name for people, logs and metrics: its pattern and, when it names some, its methods. */
export function labelOf({ written, exact }: WrittenPattern, methods: ReadonlySet<string> | null): string {
  const text = showOwn(patternText({ segments: written, exact }), Number.POSITIVE_INFINITY)
  return methods === null ? text : `${text} [${shortMethods(methods).join(' ')}]`
}

/** Some path that a pattern covers, for messages. */
export function examplePath({ segments }: Pattern): string {
  return `/${segments.map((segment) => segment ?? 'x').join('/')}`
}

/** The place of a pattern's path in a tree. */
export function nodeOf(tree: LocationTree, { segments }: Pattern): LocationTree | null {
  let node: LocationTree | null = tree
  for (const segment of segments) {
    node = (segment === null ? node.star : node.literal.get(segment)) ?? null
    if (node === null) return null
  }
  return node
}

/** The locations of exactly this pattern. */
export function locationsOf(tree: LocationTree, pattern: Pattern): readonly Location[] {
  const node = nodeOf(tree, pattern)
  return (pattern.exact ? node?.exact : node?.subtree) ?? []
}

/** Of two that cover the same path the more specific first: the longer, the exact, the one with fewer `*`. */
export function bySpecificity(a: Pattern, b: Pattern): number {
  return b.segments.length - a.segments.length || Number(b.exact) - Number(a.exact) || starsOf(a) - starsOf(b)
}

function starsOf({ segments }: Pattern): number {
  return segments.filter((segment) => segment === null).length
}
