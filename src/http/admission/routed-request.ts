import type { Decision } from '../../core/decision.ts'
import type { AnyFault } from '../../core/fault.ts'
import type { App, Location, Origin } from '../../core/gateway.ts'
import { type DecisionFacts, decide, needsVisitor, stricter, type Visitor } from '../../core/policy.ts'
import type { ClientAddress } from '../../core/request/forwarded.ts'
import { isNavigation, sendsCredential } from '../../core/request/navigation.ts'
import { askedMethod, passesPreflight } from '../../core/request/preflight.ts'
import { findPlace, type Place } from '../../core/request/route-match.ts'
import type { Target } from '../../core/request/target.ts'
import { describeRefusal, explainRequirement } from '../../core/rules/explain.ts'
import type { Found } from '../../runtime/sessions.ts'
import { type RequestFacts, unacceptableBody } from './request-facts.ts'

/** A request for an app, whichever rules judge it. */
export interface Asked {
  readonly method: string
  readonly target: Target
  readonly headers: RequestFacts['headers']
  readonly client: ClientAddress
}

/** Where one set of rules leads a request: decided already, or to locations that must know who asks. */
export type Course =
  | { readonly kind: 'settled'; readonly verdict: Verdict }
  | {
      readonly kind: 'open'
      readonly app: App
      readonly location: Location
      /** See `Place`. */
      readonly second: Location | null
      readonly facts: DecisionFacts
    }

export interface Verdict {
  readonly app: App | null
  /** The location that decided; null: nowhere. */
  readonly location: Location | null
  readonly decision: Decision
  /** Of a refusal by a rule: which condition failed, with expected and actual value. */
  readonly detail: string | null
}

/** Who asks; or the store did not answer, with its fault. */
export type Sought = Found | { readonly kind: 'unanswered'; readonly fault: AnyFault }

export function courseOf(origin: Origin, asked: Asked): Course {
  const { method, target, headers, client } = asked
  const other = askedMethod(method, headers)
  const preflight = other === null ? null : findPlace(origin, target, other)
  if (preflight !== null && letsPreflightPass(preflight)) {
    const { app, location } = preflight
    return settled(app, location, { kind: 'allow', reason: 'preflight', principal: null })
  }
  const place = findPlace(origin, target, method)
  if (place.kind === 'nowhere') {
    const { app, status, reason, allow } = place
    return settled(app, null, { kind: 'reject', status, reason, ...(allow === undefined ? {} : { allow }) })
  }
  const facts: DecisionFacts = {
    acceptedProviders: place.app.providers,
    clientAddress: client.known ? { ...client.address, text: client.text } : null,
    navigation: isNavigation(method, headers),
    credentialSent: sendsCredential(headers),
    page: target.path + target.query,
  }
  return { ...place, kind: 'open', facts }
}

function settled(app: App | null, location: Location | null, decision: Decision): Course {
  return { kind: 'settled', verdict: { app, location, decision, detail: null } }
}

type AppPlace = Extract<Place, { kind: 'app' }>

function letsPreflightPass(place: Place): place is AppPlace {
  return (
    place.kind === 'app' &&
    passesPreflight(place.location) &&
    (place.second === null || passesPreflight(place.second))
  )
}

/** Whether who asks makes a difference: if not, no store is touched. */
export function asksWho(course: Course): boolean {
  if (course.kind === 'settled') return false
  return needsVisitor(course.location) || (course.second !== null && needsVisitor(course.second))
}

/** The verdict at the end of a course. A store that does not answer decides nothing: nobody is let in. */
export function verdictOf(course: Course, { headers }: Asked, sought: Sought): Verdict {
  if (course.kind === 'settled') return course.verdict
  const { app, location, second, facts } = course
  const visitor = asksWho(course) ? visitorOf(sought) : nobody
  if (visitor === null) {
    const undecided: Decision = { kind: 'deny', reason: 'undecided', principal: null }
    return { app, location, decision: undecided, detail: null }
  }
  const first = decide(location, visitor, facts)
  const decision = second === null ? first : stricter(first, decide(second, visitor, facts))
  // Of two readings the stricter one counts in all: an answer that depended on a session is not to be cached as open.
  const decisive = decision === first ? location : (second ?? location)
  const unmet = decision.kind === 'allow' ? unacceptableBody(headers, decisive) : null
  if (unmet !== null) {
    return { app, location: decisive, decision: { kind: 'reject', ...unmet }, detail: null }
  }
  return { app, location: decisive, decision, detail: describe(decision, decisive, facts) }
}

const nobody: Visitor = { kind: 'anonymous', why: 'no-session' }

/** Null: nobody knows. */
function visitorOf(sought: Sought): Visitor | null {
  switch (sought.kind) {
    case 'live':
      return { kind: 'signed-in', principal: sought.principal, signIn: sought.session.signIn }
    case 'none':
      return { kind: 'anonymous', why: sought.why }
    case 'unanswered':
      return null
  }
}

/** For the operator: which condition of a refusal failed, with what was expected and what was there. */
function describe(decision: Decision, location: Location, facts: DecisionFacts): string | null {
  if (decision.kind !== 'deny' || location.access.kind !== 'rule') return null
  return describeRefusal(explainRequirement(location.access.requirement, decision.principal, facts))
}
