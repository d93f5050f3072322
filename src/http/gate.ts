import type { Decision } from '../core/decision.ts'
import { describeRefusal, explainRequirement } from '../core/explain.ts'
import { isFault } from '../core/fault.ts'
import { clientAddress, forwardedProto } from '../core/forwarded.ts'
import type { Location, Origin } from '../core/gateway.ts'
import { readHost } from '../core/host.ts'
import { isNavigation, sendsCredential } from '../core/navigation.ts'
import { findPlace, type Place } from '../core/place.ts'
import { type DecisionFacts, decide, needsVisitor, stricter, type Visitor } from '../core/policy.ts'
import type { Awaitable } from '../core/ports.ts'
import { askedMethod, passesPreflight } from '../core/preflight.ts'
import { readTarget, type Target } from '../core/target.ts'
import type { Found } from '../runtime/sessions.ts'
import type { Admission } from './admission.ts'
import { healthMethods, ownPlace } from './own-address.ts'
import { linesOf, type RequestFacts, unacceptableBody, unreadable } from './request-facts.ts'
import { admitToOwn, finish, openSheet, reject, type Sheet } from './sheet.ts'
import { type Court, findVisitor } from './visitor.ts'

/**
 * Judges one request, in the order that stands here. Synchronous whenever the session is at hand; no store is touched
 * for what is open or refused anyway. A store that fails denies, and the admission carries the fault.
 */
export function admit(
  court: Court,
  facts: RequestFacts,
  requestId: string,
  startedAt: number,
): Awaitable<Admission> {
  const { gateway } = court
  const peer = facts.socket.remoteAddress
  const sheet = openSheet(facts, requestId, startedAt)
  const refusal = unreadable(facts)
  if (refusal !== null) return reject(sheet, refusal.status, refusal.reason)
  sheet.client = clientAddress(peer, linesOf(facts, 'x-forwarded-for'), gateway.trustedProxies)

  const reading = readTarget(facts.url ?? '')
  // On any Host: load balancers ask by address.
  const asksHealth = reading.ok && reading.target.path === `${gateway.authPrefix}/health`
  if (asksHealth) return admitToOwn(sheet, 'health', healthMethods)
  const host = readHost(facts.rawHeaders)
  if (!host.ok) return reject(sheet, 400, host.reason)
  const origin = gateway.hosts.get(host.host)
  if (origin === undefined) return reject(sheet, 421, 'host-unknown')
  sheet.origin = origin
  if (!reading.ok) return reject(sheet, 400, reading.reason)
  const { target } = reading
  sheet.target = target

  const scheme = forwardedProto(peer, linesOf(facts, 'x-forwarded-proto'), gateway.trustedProxies)
  if (origin.scheme === 'https' && scheme === 'http') {
    return finish(sheet, { kind: 'deny', reason: 'insecure-scheme', principal: null })
  }
  const own = ownPlace(gateway, origin, target)
  switch (own.kind) {
    case 'unknown':
      return reject(sheet, 404, 'address-unknown')
    case 'ambiguous':
      return reject(sheet, 400, 'target-encoded-slash')
    case 'own':
      // Its pages speak for the whole origin: the app at its root, or the nearest to it.
      sheet.app = origin.apps.at(-1) ?? null
      return admitToOwn(sheet, own.address, own.methods)
    case 'not-ours':
      return admitToApp(court, facts, sheet, { origin, target })
  }
}

interface Destination {
  readonly origin: Origin
  readonly target: Target
}

function admitToApp(
  court: Court,
  facts: RequestFacts,
  sheet: Sheet,
  { origin, target }: Destination,
): Awaitable<Admission> {
  const asked = askedMethod(sheet.method, facts.headers)
  const preflight = asked === null ? null : findPlace(origin, target, asked)
  if (preflight !== null && letsPreflightPass(preflight)) {
    sheet.app = preflight.app
    sheet.location = preflight.location
    return finish(sheet, { kind: 'allow', reason: 'preflight', principal: null })
  }
  const place = findPlace(origin, target, sheet.method)
  sheet.app = place.app
  if (place.kind === 'nowhere') return reject(sheet, place.status, place.reason, place.allow)
  const { app, location, second } = place
  sheet.location = location
  const question: DecisionFacts = {
    acceptedProviders: app.providers,
    clientAddress: sheet.client.known ? { ...sheet.client.address, text: sheet.client.text } : null,
    navigation: isNavigation(sheet.method, facts.headers),
    credentialSent: sendsCredential(facts.headers),
    page: target.path + target.query,
  }
  const judge = (found: Found): Admission => {
    const visitor = visitorOf(found)
    const first = decide(location, visitor, question)
    const verdict = second === null ? first : stricter(first, decide(second, visitor, question))
    // Of two readings the stricter one counts in all: an answer that depended on a session is not to be cached as open.
    const decisive = verdict === first ? location : (second ?? location)
    sheet.location = decisive
    const unmet = verdict.kind === 'allow' ? unacceptableBody(facts.headers, decisive) : null
    if (unmet !== null) return reject(sheet, unmet.status, unmet.reason)
    const detail = describe(verdict, decisive, question)
    return finish(sheet, verdict, detail, found.kind === 'live' ? found : null)
  }
  const asksWho = needsVisitor(location) || (second !== null && needsVisitor(second))
  return asksWho ? withVisitor(court, facts, { sheet, origin, judge }) : judge(nobody)
}

type AppPlace = Extract<Place, { kind: 'app' }>

function letsPreflightPass(place: Place): place is AppPlace {
  return (
    place.kind === 'app' &&
    passesPreflight(place.location) &&
    (place.second === null || passesPreflight(place.second))
  )
}

/** A store that does not answer decides nothing: the request ends there, with the fault as its answer. */
function withVisitor(
  court: Court,
  facts: RequestFacts,
  { sheet, origin, judge }: { sheet: Sheet; origin: Origin; judge: (found: Found) => Admission },
): Awaitable<Admission> {
  const undecided = (thrown: unknown): Admission => {
    if (!isFault(thrown)) throw thrown
    return { ...finish(sheet, { kind: 'deny', reason: 'undecided', principal: null }), fault: thrown }
  }
  try {
    const found = findVisitor(court, origin, facts.headers)
    return found instanceof Promise ? found.then(judge, undecided) : judge(found)
  } catch (thrown) {
    return undecided(thrown)
  }
}

const nobody: Found = { kind: 'none', why: 'no-session' }

function visitorOf(found: Found): Visitor {
  return found.kind === 'live'
    ? { kind: 'signed-in', principal: found.principal, signIn: found.session.signIn }
    : { kind: 'anonymous', why: found.why }
}

/** For the operator: which condition of a refusal failed, with what was expected and what was there. */
function describe(decision: Decision, location: Location, facts: DecisionFacts): string | null {
  if (decision.kind !== 'deny' || location.access.kind !== 'rule') return null
  return describeRefusal(explainRequirement(location.access.requirement, decision.principal, facts))
}
