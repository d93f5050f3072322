import type { Decision } from '../decision.ts'
import type { App, Location, Origin } from '../gateway.ts'
import { governsCors, mayCall } from '../headers/cors-answer.ts'
import type { RequestHeaders } from './navigation.ts'
import { matchRoute, type RouteMatch } from './route-match.ts'
import type { Target } from './target.ts'

/**
 * The method that a CORS preflight asks for (Fetch standard section 4.8), or null: it is none. A preflight never
 * carries a cookie, so it cannot be judged by who sent it; judge the location that the asked-for method would get.
 */
export function askedMethod(method: string, headers: RequestHeaders): string | null {
  const asked = headers['access-control-request-method']
  return method === 'OPTIONS' && headers.origin !== undefined && typeof asked === 'string' ? asked : null
}

/** Whether a preflight for this location goes on without session and identity; else it is an ordinary OPTIONS request. */
export function passesPreflight({ access, forwarding }: Location): boolean {
  return forwarding.corsPreflight === 'pass' && access.kind !== 'nobody'
}

export interface PreflightVerdict {
  readonly app: App
  /** Null: no location takes the method that is asked for. */
  readonly location: Location | null
  readonly others: readonly Location[]
  readonly decision: Decision
}

/**
 * What becomes of a preflight before anybody is looked up; null: it is none, or a request like any other. Where the
 * gateway says who may call (`cors`), no app hears of one, and what a page may not send is never answered as OPTIONS.
 */
export function judgePreflight(
  origin: Origin,
  target: Target,
  method: string,
  headers: RequestHeaders,
): PreflightVerdict | null {
  const asked = askedMethod(method, headers)
  if (asked === null) return null
  const match = matchRoute(origin, target, asked)
  if (match.kind === 'app') {
    const { app, location, others } = match
    if (governsCors([location, ...others]))
      return { app, location, others, decision: answered(match, headers) }
    if (passesPreflight(location) && others.every(passesPreflight))
      return { app, location, others: none, decision: letThrough }
  }
  const itself = matchRoute(origin, target, method)
  if (itself.kind !== 'app' || !governsCors([itself.location, ...itself.others])) return null
  const { app, location, others } = itself
  if (match.kind === 'app') return { app, location, others, decision: refused }
  const { status, reason, allow } = match
  const decision: Decision = { kind: 'reject', status, reason, ...(allow === undefined ? {} : { allow }) }
  return { app, location: null, others: none, decision }
}

const none: readonly never[] = []
const letThrough: Decision = { kind: 'allow', reason: 'preflight', principal: null }
const refused: Decision = { kind: 'deny', reason: 'cross-site', principal: null }

function answered(
  { location, others }: Extract<RouteMatch, { kind: 'app' }>,
  { origin }: RequestHeaders,
): Decision {
  return typeof origin === 'string' && mayCall([location, ...others], origin) ? letThrough : refused
}
