import type { App, Location, Origin } from './gateway.ts'
import { knownMethods } from './method.ts'
import { findPlace } from './place.ts'
import { readTarget } from './target.ts'

/** A request that a location judges. */
export interface ExampleRequest {
  readonly method: string
  /** As it is sent, beginning with `/`. */
  readonly path: string
}

/**
 * Some request that leads to a location of an app; null when none does, as others cover all of it. What stands for
 * `*`, and for what lies below, is a segment that no location names.
 */
export function exampleRequest(origin: Origin, app: App, location: Location): ExampleRequest | null {
  const { segments, exact } =
    location === app.fallback ? { segments: app.prefix, exact: false } : location.pattern
  const patterns = origin.apps.flatMap((one) => [
    one.prefix,
    ...one.allLocations.map(({ pattern }) => pattern.segments),
  ])
  const anything = unusedSegment(patterns.flat())
  const deepest = exact ? segments.length : Math.max(...patterns.map(({ length }) => length)) + 1
  const path = segments.map((segment) => segment ?? anything)
  for (let depth = path.length; depth <= Math.max(deepest, path.length); depth += 1) {
    const below = Array.from({ length: depth - path.length }, () => anything)
    const found = firstMethod(origin, location, `/${[...path, ...below].map(encodeURIComponent).join('/')}`)
    if (found !== null) return found
  }
  return null
}

function firstMethod(origin: Origin, location: Location, path: string): ExampleRequest | null {
  const reading = readTarget(path)
  if (!reading.ok) return null
  const { target } = reading
  const method = [...(location.methods ?? knownMethods)].find((name) => {
    const place = findPlace(origin, target, name)
    return place.kind === 'app' && place.location === location
  })
  return method === undefined ? null : { method, path: target.path }
}

function unusedSegment(used: readonly (string | null)[]): string {
  let word = 'x'
  while (used.includes(word)) word += 'x'
  return word
}
