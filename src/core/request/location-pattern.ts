import type { LocationTree, Pattern } from '../gateway.ts'

/** `/admin`, `/api/*` and `/`, with ` (exact)` where it says so: how people write and read a pattern. */
export function patternText({ segments, exact }: Pattern): string {
  const path = `/${segments.map((segment) => segment ?? '*').join('/')}`
  return exact ? `${path} (exact)` : path
}

/** A location's name for people, logs and metrics: its pattern and, when it names some, its methods. */
export function labelOf(pattern: Pattern, methods: ReadonlySet<string> | null): string {
  return methods === null ? patternText(pattern) : `${patternText(pattern)} [${[...methods].join(' ')}]`
}

/** Some path that a pattern covers, for messages. */
export function examplePath({ segments }: Pattern): string {
  return `/${segments.map((segment) => segment ?? 'x').join('/')}`
}

/** Whether a tree has a location of exactly this pattern. */
export function hasPattern(tree: LocationTree, { segments, exact }: Pattern): boolean {
  let node: LocationTree | null = tree
  for (const segment of segments) {
    node = (segment === null ? node.star : node.literal.get(segment)) ?? null
    if (node === null) return false
  }
  return (exact ? node.exact : node.subtree).length > 0
}
