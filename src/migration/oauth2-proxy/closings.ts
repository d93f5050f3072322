import { common, includes, type PathPattern, patternKey } from '../path-pattern.ts'
import type { PathAccess } from './openings.ts'
import type { Closing } from './upstreams.ts'

/**
 * An app's locations with what is closed in it: nobody gets in at a closing, whatever was open there. `locations` are
 * those of the app whose prefix is given; the closings and the prefixes are all that there are.
 */
export function withClosings(
  locations: readonly PathAccess[],
  closings: readonly Closing[],
  prefix: readonly string[],
  prefixes: readonly (readonly string[])[],
): readonly PathAccess[] {
  return closings.reduce((before, closing) => {
    const pattern = within(closing, prefix, prefixes)
    return pattern === null ? before : closedAt(before, { ...closing, pattern })
  }, locations)
}

/** The part of a closing that lies in the app. One of an expression reaches into every app below it. */
function within(
  { pattern, isFirst }: Closing,
  prefix: readonly string[],
  prefixes: readonly (readonly string[])[],
): PathPattern | null {
  const app: PathPattern = { segments: prefix, exact: false }
  const owners = prefixes.filter((segments) => includes({ segments, exact: false }, pattern))
  const isDeepest = prefix.length === Math.max(...owners.map((one) => one.length))
  if (includes(app, pattern) && isDeepest) return pattern
  return isFirst && includes(pattern, app) ? app : null
}

function closedAt(
  locations: readonly PathAccess[],
  { pattern, keepsItself, from }: Closing,
): readonly PathAccess[] {
  const outside = locations.filter((one) => !includes(pattern, one.pattern))
  const nobody = (at: PathPattern): PathAccess => ({
    ...{ pattern: at, methods: null, access: 'nobody', deny: false, from },
  })
  const crossing = outside
    .filter((one) => !includes(one.pattern, pattern))
    .flatMap((one) => common(one.pattern, pattern) ?? [])
  const kept = keepsItself ? itself(locations, pattern) : []
  const keys = new Set(kept.map((one) => patternKey(one.pattern)))
  const closed = [pattern, ...crossing].map(nobody).filter((one) => !keys.has(patternKey(one.pattern)))
  const unique = new Map(closed.map((one) => [patternKey(one.pattern), one]))
  return [...outside, ...kept, ...unique.values()].toSorted((one, other) =>
    patternKey(one.pattern) < patternKey(other.pattern) ? -1 : 1,
  )
}

/** What held at the path itself, as locations of that path alone. */
function itself(locations: readonly PathAccess[], { segments }: PathPattern): readonly PathAccess[] {
  const own: PathPattern = { segments, exact: true }
  const around = locations.filter((one) => includes(one.pattern, own))
  const depth = Math.max(...around.map(({ pattern }) => pattern.segments.length + (pattern.exact ? 0.5 : 0)))
  const nearest = around.filter(
    ({ pattern }) => pattern.segments.length + (pattern.exact ? 0.5 : 0) === depth,
  )
  if (nearest.length === 0)
    return [{ pattern: own, methods: null, access: 'closed', deny: false, from: null }]
  return nearest.map((one) => ({ ...one, pattern: own }))
}
