import type { Decision } from '../../core/decision.ts'
import type { Gateway, Origin } from '../../core/gateway.ts'
import { type DestinationReading, readDestination } from '../../core/request/destination.ts'
import type { Target } from '../../core/request/target.ts'
import type { CallerLookup } from './caller.ts'
import { matchOwnAddress } from './own-address.ts'
import type { RequestFacts } from './request-facts.ts'
import {
  type AppRequest,
  type JudgeOfCaller,
  judgeOfCaller,
  type RoutedRequest,
  routeRequest,
  type Verdict,
  verdictOn,
} from './routed-request.ts'

/** The `Destination` of a request for an origin; none of the gateway's own addresses is one. */
export function destinationOf(gateway: Gateway, origin: Origin, facts: RequestFacts): DestinationReading {
  const isHost = (host: string) => gateway.hosts.get(host) === origin
  const reading = readDestination(facts.rawHeaders, { scheme: origin.scheme, isHost })
  if (!reading.ok || reading.destination === null) return reading
  const own = matchOwnAddress(gateway, origin, reading.destination.target)
  return own.kind === 'not-ours' ? reading : { ok: false }
}

/** A request routed by one set of rules, and where its `Destination` leads by the same; null: it has none. */
export interface RoutedWithDestination {
  readonly source: RoutedRequest
  readonly destination: { readonly request: AppRequest; readonly routed: RoutedRequest } | null
}

/**
 * The destination is judged as a request of the same method and client. Not as a preflight, and without a body: what
 * a location says of these is for requests that are sent to it.
 */
export function routeWithDestination(
  origin: Origin,
  request: AppRequest,
  destination: Target | null,
): RoutedWithDestination {
  const source = routeRequest(origin, request)
  if (destination === null) return { source, destination: null }
  const second: AppRequest = { ...request, target: destination, headers: {} }
  return { source, destination: { request: second, routed: routeRequest(origin, second) } }
}

/** The location, of either end, by which it is found out who asks; null: it makes no difference, and no store is touched. */
export function judgeOfEither({ source, destination }: RoutedWithDestination): JudgeOfCaller | null {
  return judgeOfCaller(source) ?? (destination && judgeOfCaller(destination.routed))
}

/** The verdict on a request whose destination must be allowed too, at the same app (RFC 4918 sections 9.8 and 9.9). */
export function verdictOnBoth(
  { source, destination }: RoutedWithDestination,
  request: AppRequest,
  lookup: CallerLookup,
): Verdict {
  const verdict = verdictOn(source, request, lookup)
  if (destination === null || verdict.decision.kind !== 'allow') return verdict
  const there = verdictOn(destination.routed, destination.request, lookup)
  const refusal = refusalThere(verdict, there, lookup)
  if (refusal === null) return verdict
  return { ...verdict, decision: refusal, detail: detailOf(verdict, there) }
}

/** Null: it is allowed there. */
function refusalThere(here: Verdict, there: Verdict, lookup: CallerLookup): Decision | null {
  const { decision } = there
  if (decision.kind === 'allow' && there.app === here.app) return null
  if (decision.reason === 'undecided') return decision
  // A path that no app has, or that the app's `allow_encoded` refuses.
  if (decision.kind === 'reject' && decision.status !== 405) {
    return { kind: 'reject', status: 400, reason: 'destination-invalid' }
  }
  const principal = lookup.kind === 'live' || lookup.kind === 'identified' ? lookup.principal : null
  return { kind: 'deny', reason: 'destination-not-allowed', principal }
}

/** For the operator: what the destination met, in the words of a request that is sent there. */
function detailOf(here: Verdict, there: Verdict): string {
  if (there.app !== null && there.app !== here.app) return `Destination at another app: ${there.app.name}`
  const where = there.location === null ? '' : ` at ${there.location.label}`
  return `Destination${where}: ${there.detail ?? there.decision.reason}`
}
