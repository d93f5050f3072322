import type { Location, Origin } from '../gateway.ts'
import { caselessKey } from './caseless.ts'
import { knownMethods } from './method.ts'
import { matchRoute } from './route-match.ts'
import { readTarget } from './target.ts'

/** A request that a location judges. */
export interface ExampleRequest {
  readonly method: string
  /** As it is sent, beginning with `/`. */
  readonly path: string
}

/**
 * Some request that leads to a location of one of the origin's apps, or to the rule of an app itself; null when none
 * does, as others cover all of it. What stands for `*`, and for what lies below, is a segment that no location names.
 */
export function exampleRequest(origin: Origin, location: Location): ExampleRequest | null {
  const { anything, deepest } = surveyOf(origin)
  const { written, exact } = location.pattern
  const path = written.map((segment) => segment ?? anything)
  for (let depth = path.length; depth <= (exact ? path.length : deepest); depth += 1) {
    const below = Array.from({ length: depth - path.length }, () => anything)
    const found = firstMethod(origin, location, `/${[...path, ...below].map(encodeURIComponent).join('/')}`)
    if (found !== null) return found
  }
  return null
}

interface Survey {
  /** A segment that no location names, in whatever case. */
  readonly anything: string
  /** Below this depth nothing changes any more. */
  readonly deepest: number
}

// Made once for each edition of the configuration: whoever asks, asks for every location.
const surveys = new WeakMap<Origin, Survey>()

function surveyOf(origin: Origin): Survey {
  const known = surveys.get(origin)
  if (known !== undefined) return known
  const patterns = origin.apps.flatMap((app) => [
    app.fallback.pattern.segments,
    ...app.allLocations.map(({ pattern }) => pattern.segments),
  ])
  const deepest = patterns.reduce((most, { length }) => Math.max(most, length), 0) + 1
  const survey = {
    anything: unusedSegment(new Set(patterns.flat().map((segment) => segment && caselessKey(segment)))),
    deepest,
  }
  surveys.set(origin, survey)
  return survey
}

function firstMethod(origin: Origin, location: Location, path: string): ExampleRequest | null {
  const reading = readTarget(path)
  if (!reading.ok) return null
  const { target } = reading
  const method = [...(location.methods ?? knownMethods)].find((name) => {
    const place = matchRoute(origin, target, name)
    return place.kind === 'app' && place.location === location
  })
  return method === undefined ? null : { method, path: target.path }
}

function unusedSegment(used: ReadonlySet<string | null>): string {
  let word = 'x'
  while (used.has(word)) word += 'x'
  return word
}
