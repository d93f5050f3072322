import type { RejectReason, RejectStatus } from '../decision.ts'
import type { App, Location, Origin } from '../gateway.ts'
import { matchLocation } from './location.ts'
import { chooseMethod } from './method.ts'
import { beginsWith, refusedEncoding, type Target } from './target.ts'

/** Where a request leads: an app and the locations that judge it, or why nowhere. */
export type RouteMatch =
  | {
      readonly kind: 'app'
      readonly app: App
      readonly location: Location
      /** The location by the other reading of an encoded slash: both must let in. */
      readonly second: Location | null
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
 * locations of that one pattern. Never falls back to a less specific path because of a method.
 */
export function matchRoute(origin: Origin, target: Target, method: string): RouteMatch {
  const app = findApp(origin, target.segments)
  if (app === undefined) return { kind: 'unmatched', app: null, status: 404, reason: 'app-unknown' }
  const encoding = refusedEncoding(target, app.allowEncoded)
  if (encoding !== null) return { kind: 'unmatched', app, status: 400, reason: encoding }
  const first = chooseMethod(locationsAt(app, target.segments), method)
  if (first.kind === 'method-not-allowed') return notAllowed(app, first.allow)
  const { location } = first
  if (target.splitSegments === undefined) return { kind: 'app', app, location, second: null }
  if (findApp(origin, target.splitSegments) !== app) {
    return { kind: 'unmatched', app, status: 400, reason: 'target-encoded-slash' }
  }
  const second = chooseMethod(locationsAt(app, target.splitSegments), method)
  if (second.kind === 'method-not-allowed') return notAllowed(app, second.allow)
  return { kind: 'app', app, location, second: second.location }
}

function findApp(origin: Origin, segments: readonly string[]): App | undefined {
  return origin.apps.find((app) => beginsWith(segments, app.prefix))
}

function locationsAt(app: App, segments: readonly string[]): readonly Location[] {
  return matchLocation(app.locations, segments) ?? [app.fallback]
}

function notAllowed(app: App, allow: readonly string[]): RouteMatch {
  return { kind: 'unmatched', app, status: 405, reason: 'method-not-allowed', allow }
}
