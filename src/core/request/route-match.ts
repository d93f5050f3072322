import type { QueryReason, RejectReason, RejectStatus, TargetReason } from '../decision.ts'
import type { App, Location, Origin } from '../gateway.ts'
import { areSameLimits } from '../limits/request-limit.ts'
import { isSameStepUp } from '../step-up.ts'
import { isSigned } from '../upstream-settings.ts'
import { beginsCaselessly, caselessKey, caselessKeys, hasDisputedCase } from './caseless.ts'
import { compatibleReadings } from './compatible-path.ts'
import { matchLocation } from './location.ts'
import { chooseMethod } from './method.ts'
import type { Segments } from './readings.ts'
import { isDecodable, signedQuery } from './signed-query.ts'
import { beginsWith, refusedKind, type Target } from './target.ts'

/** Where a request leads: an app and the locations that judge it, or why nowhere. */
export type RouteMatch =
  | {
      readonly kind: 'app'
      readonly app: App
      readonly location: Location
      /** Those by other readings of the path, without `location`: all must let in. Nearly always none. */
      readonly others: readonly Location[]
    }
  | {
      readonly kind: 'unmatched'
      readonly app: App | null
      readonly status: RejectStatus
      readonly reason: RejectReason
      readonly allow?: readonly string[]
    }

/**
 * The app with the longest prefix in whole segments, then its most specific location, then the method among the
 * locations of that one pattern. Never falls back to a less specific path because of a method. Of a path with several
 * readings each must lead to the one app. Where requests are signed, the query must be one that can
 * be; where a function is told of its parameters alone (format 1.0), one that can be decoded.
 */
export function matchRoute(origin: Origin, target: Target, method: string): RouteMatch {
  const app = findApp(origin, target.segments)
  if (app === undefined) return { kind: 'unmatched', app: null, status: 404, reason: 'app-unknown' }
  const faulty = queryFault(app, target)
  if (faulty !== null) return refused(app, faulty)
  if (target.kinds.length > 0) return matchReadings(origin, app, target, method)
  const locations = locationsAt(origin, app, target.segments)
  if (locations === null) return refused(app, 'target-case')
  const first = chooseMethod(locations, method)
  if (first.kind === 'method-not-allowed') return notAllowed(app, first.allow)
  return { kind: 'app', app, location: first.location, others: none }
}

/** Why a query cannot go to the app: it would be signed, or told in parts that are decoded; null: it can. */
function queryFault({ upstream }: App, { query }: Target): QueryReason | null {
  if (isSigned(upstream)) {
    const read = signedQuery(query)
    return read.ok ? null : read.reason
  }
  return upstream.lambda?.payload === '1.0' && !isDecodable(query) ? 'query-undecodable' : null
}

const none: readonly never[] = []

/** A path that can be read in several ways: each leads to the same app, to a location, and to one for the method. */
function matchReadings(origin: Origin, app: App, target: Target, method: string): RouteMatch {
  const reason = refusedKind(target, app.allowEncoded)
  if (reason !== null) return refused(app, reason)
  const locations: Location[] = []
  for (const segments of [target.segments, ...target.otherReadings]) {
    if (findApp(origin, segments) !== app) return refused(app, 'target-ambiguous')
    // Without its prefix it would begin so, and be another host's address to some readers.
    if (app.upstream.stripPrefix && segments[app.prefix.length] === '')
      return refused(app, 'target-empty-segment')
    const found = locationsAt(origin, app, segments)
    if (found === null) return refused(app, 'target-case')
    const chosen = chooseMethod(found, method)
    if (chosen.kind === 'method-not-allowed') return notAllowed(app, chosen.allow)
    if (!locations.includes(chosen.location)) locations.push(chosen.location)
  }
  const [location = app.fallback, ...others] = locations
  // What a sign-in has to bring is asked for as one thing: no reading may want another.
  if (!others.every(({ stepUp }) => isSameStepUp(stepUp, location.stepUp)))
    return refused(app, 'target-ambiguous')
  // Which credential counts, and who is asked for it, is one thing too.
  if (!others.every(({ credentials }) => isSameSet(credentials, location.credentials)))
    return refused(app, 'target-ambiguous')
  // Which limits it draws from: a spelling must not be the way round one.
  if (!others.every(({ limits }) => areSameLimits(limits, location.limits)))
    return refused(app, 'target-ambiguous')
  return { kind: 'app', app, location, others }
}

/** The location that judges a reading of a path for a method; null where none does, or none has such a method. */
export function locationOf(origin: Origin, app: App, segments: Segments, method: string): Location | null {
  const chosen = chooseMethod(locationsAt(origin, app, segments) ?? none, method)
  return chosen.kind === 'method-not-allowed' ? null : chosen.location
}

function findApp(origin: Origin, segments: Segments): App | undefined {
  return origin.apps.find((app) =>
    app.ignoreCase ? beginsCaselessly(segments, app.prefix) : beginsWith(segments, app.prefix),
  )
}

/** Null where servers that ignore case disagree. */
function locationsAt(origin: Origin, app: App, segments: Segments): readonly Location[] | null {
  if (app.ignoreCase) return caselessLocations(origin, app, segments)
  return matchLocation(app.locations, segments) ?? [app.fallback]
}

/**
 * The locations by the widest comparison, when the narrower one, which is the promised one, leads to the same: then so
 * does every one between them. Else an app that folds more or less than we do could serve what another location
 * closes; null then, and where the server of an app that ignores case may take the path for a nested app’s, or apart
 * in another way.
 */
function caselessLocations(origin: Origin, app: App, segments: Segments): readonly Location[] | null {
  if (segments.some(hasDisputedCase)) return null
  const found = widestLocations(origin, app, segments)
  if (!found?.every(({ pattern }) => beginsCaselessly(segments, pattern.written))) return null
  const compatible = compatibleReadings(segments)
  const isSame = compatible?.every((one) => widestLocations(origin, app, one)?.[0] === found[0]) ?? false
  return isSame ? found : null
}

function widestLocations(origin: Origin, app: App, segments: Segments): readonly Location[] | null {
  if (widestApp(origin, segments) !== app) return null
  return matchLocation(app.locations, caselessKeys(segments)) ?? [app.fallback]
}

/** The app that a server may take a path for, by the widest comparison. */
export function widestApp(origin: Origin, segments: Segments): App | undefined {
  const keys = caselessKeys(segments)
  return origin.apps.find(({ prefix }) =>
    prefix.every((segment, index) => caselessKey(segment) === keys[index]),
  )
}

function refused(app: App, reason: TargetReason | QueryReason): RouteMatch {
  return { kind: 'unmatched', app, status: 400, reason }
}

function notAllowed(app: App, allow: readonly string[]): RouteMatch {
  return { kind: 'unmatched', app, status: 405, reason: 'method-not-allowed', allow }
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value))
}
