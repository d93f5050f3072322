import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import { detailOf } from '../../core/credential/refusal.ts'
import type { Decision } from '../../core/decision.ts'
import type { App, Location, Origin } from '../../core/gateway.ts'
import { type Caller, type DecisionFacts, decide, needsCaller, stricter } from '../../core/policy.ts'
import type { Principal } from '../../core/principal.ts'
import type { ClientAddress } from '../../core/request/forwarded.ts'
import { isNavigation, sendsCredential } from '../../core/request/navigation.ts'
import { isDriven } from '../../core/request/other-site.ts'
import { judgePreflight } from '../../core/request/preflight.ts'
import { matchRoute } from '../../core/request/route-match.ts'
import type { Target } from '../../core/request/target.ts'
import { describeRefusal, explainRequirement } from '../../core/rules/explain.ts'
import type { EpochSeconds, Session } from '../../core/session/session.ts'
import { stepUpRows } from '../../core/step-up-rows.ts'
import type { CallerLookup } from './caller.ts'
import { type RequestFacts, unacceptableBody } from './request-facts.ts'

/** A request for an app, whichever rules judge it. */
export interface AppRequest {
  readonly method: string
  readonly target: Target
  readonly headers: RequestFacts['headers']
  readonly client: ClientAddress
  /** That of its connection, where it counts; null: none. */
  readonly certificate: ConnectionCertificate | null
  /** When it came. */
  readonly now: EpochSeconds
  /** The header of keys, in lower case; absent: there is none. */
  readonly keyHeader?: string | null
}

/** What one set of rules makes of a request before it is known who asks: a verdict, or the locations that judge it. */
export type RoutedRequest =
  | { readonly kind: 'decided'; readonly verdict: Verdict }
  | {
      readonly kind: 'routed'
      readonly app: App
      readonly location: Location
      /** See `RouteMatch`. */
      readonly others: readonly Location[]
      readonly facts: DecisionFacts
    }

export interface Verdict {
  readonly app: App | null
  /** Of a request that may pass, that of the path as it stands; else the location that decided. Null: nowhere. */
  readonly location: Location | null
  /** The others that judged, by other readings of the path. */
  readonly others: readonly Location[]
  readonly decision: Decision
  /** Of a refusal by a rule: which condition failed, with expected and actual value. */
  readonly detail: string | null
}

export function routeRequest(origin: Origin, request: AppRequest): RoutedRequest {
  const { method, target, headers, client, certificate, now } = request
  const preflight = judgePreflight(origin, target, method, headers)
  if (preflight !== null) return { kind: 'decided', verdict: { ...preflight, detail: null } }
  const match = matchRoute(origin, target, method)
  if (match.kind === 'unmatched') {
    const { app, status, reason, allow } = match
    return decided(app, null, { kind: 'reject', status, reason, ...(allow === undefined ? {} : { allow }) })
  }
  const facts: DecisionFacts = {
    acceptedProviders: match.app.providers,
    signInProviders: match.app.signInProviders,
    clientAddress: client.known ? { ...client.address, text: client.text } : null,
    certificate,
    driven: isDriven(method, headers),
    navigation: isNavigation(method, headers),
    credentialSent: sendsCredential(headers, request.keyHeader),
    page: target.path + target.query,
    now,
  }
  const { app, location, others } = match
  return { kind: 'routed', app, location, others, facts }
}

function decided(app: App | null, location: Location | null, decision: Decision): RoutedRequest {
  return { kind: 'decided', verdict: { app, location, others: none, decision, detail: null } }
}

export interface JudgeOfCaller {
  readonly app: App
  readonly location: Location
}

/**
 * The first location that asks who it is; null: none does. All readings of a path list the same credentials (see
 * core/request/route-match).
 */
export function judgeOfCaller(routed: RoutedRequest): JudgeOfCaller | null {
  if (routed.kind === 'decided') return null
  const { app, location, others } = routed
  if (needsCaller(location)) return routed
  for (const other of others) if (needsCaller(other)) return { app, location: other }
  return null
}

/** The verdict at the end of a routed. A store that does not answer decides nothing: nobody is let in. */
export function verdictOn(routed: RoutedRequest, { headers }: AppRequest, lookup: CallerLookup): Verdict {
  if (routed.kind === 'decided') return routed.verdict
  const { app, location, others, facts } = routed
  const caller = judgeOfCaller(routed) === null ? nobody : callerOf(lookup)
  if (caller === null) {
    const undecided: Decision = { kind: 'deny', reason: 'undecided', principal: null }
    return { app, location, others, decision: undecided, detail: null }
  }
  const first = decide(location, caller, facts)
  const { decision, decisive } =
    others.length === 0 ? { decision: first, decisive: location } : strictest(routed, caller, first)
  if (decision.kind === 'allow') {
    // What else a location says is that of the path as it stands, which is sent.
    const unmet = unacceptableBody(headers, location)
    if (unmet === null) return { app, location, others, decision, detail: null }
    return { app, location, others, decision: { kind: 'reject', ...unmet }, detail: null }
  }
  const judged = decisive === location ? others : [location, ...others].filter((one) => one !== decisive)
  const detail = describe(decision, decisive, { facts, caller })
  return { app, location: decisive, others: judged, decision, detail }
}

type Routed = Extract<RoutedRequest, { kind: 'routed' }>

/** The strictest verdict of all readings of a path, and the location that said it. */
function strictest({ location, others, facts }: Routed, caller: Caller, first: Decision) {
  let [decision, decisive] = [first, location]
  for (const other of others) {
    const harder = stricter(decision, decide(other, caller, facts))
    if (harder === decision) continue
    decision = harder
    decisive = other
  }
  return { decision, decisive }
}

const none: readonly never[] = []

const nobody: Caller = { kind: 'anonymous', why: 'no-session' }

/** Null: nobody knows. */
function callerOf(lookup: CallerLookup): Caller | null {
  switch (lookup.kind) {
    case 'live':
      return callerBy(lookup.principal, lookup.session)
    case 'identified':
      return { kind: 'signed-in', principal: lookup.principal, signIn: null, scopes: lookup.scopes }
    case 'none':
      return { kind: 'anonymous', why: lookup.why }
    case 'refused':
      return { kind: 'refused', refusal: lookup.refusal }
    case 'unanswered':
      return null
  }
}

function callerBy(principal: Principal, { signIn, scopes }: Session): Caller {
  return { kind: 'signed-in', principal, signIn, scopes }
}

interface Judged {
  readonly facts: DecisionFacts
  readonly caller: Caller
}

/** For the operator: which condition failed, of the rule or of a step-up, with what was expected and what was there. */
function describe(decision: Decision, location: Location, { facts, caller }: Judged): string | null {
  if (caller.kind === 'refused') return detailOf(caller.refusal)
  if (decision.kind === 'challenge' && decision.stepUp !== null && caller.kind === 'signed-in') {
    const { scopes, principal } = caller
    return describeRefusal(stepUpRows(decision.stepUp, { claims: principal.claims, scopes }, facts))
  }
  if (decision.kind !== 'deny' || location.access.kind !== 'rule') return null
  return describeRefusal(explainRequirement(location.access.requirement, decision.principal, facts))
}
