import { liveCertificate } from '../../core/certificate/connection-certificate.ts'
import { isHeaderCredential } from '../../core/credential/credential.ts'
import { isFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import { clientAddress, forwardedProto, peerOf } from '../../core/request/forwarded.ts'
import { isOfHandshake } from '../../core/request/handshake-host.ts'
import { readHost } from '../../core/request/host.ts'
import { readTarget, type Target } from '../../core/request/target.ts'
import { describeUnknownHost } from '../../core/request/unknown-host.ts'
import { shadowOrigin } from '../../core/shadow.ts'
import type { Admission } from './admission.ts'
import { type CallerLookup, nobody } from './caller.ts'
import { type Asking, findCaller } from './caller-lookup.ts'
import {
  destinationOf,
  judgeOfEither,
  type RoutedWithDestination,
  routeWithDestination,
  verdictOnBoth,
} from './destination.ts'
import { type AdmissionDraft, admitToOwnAddress, beginDraft, reject, toAdmission } from './draft.ts'
import { withLimits, withLimitsBefore } from './drawn-limits.ts'
import { type Judge, withFreshTokens } from './fresh-tokens.ts'
import { countKeyUse } from './key-use.ts'
import { healthMethods, matchOwnAddress } from './own-address.ts'
import { findRehearsedCaller } from './rehearsed-caller.ts'
import { linesOf, type RequestFacts, unreadable } from './request-facts.ts'
import type { AppRequest, Verdict } from './routed-request.ts'
import { type AdmissionContext, useSession } from './session-lookup.ts'

/**
 * Judges one request, in the order that stands here. Synchronous whenever the session is at hand; no store is touched
 * for what is open or refused anyway. A store that fails denies, and the admission carries the fault.
 */
export function admit(
  context: AdmissionContext,
  facts: RequestFacts,
  requestId: string,
  startedAt: number,
): Awaitable<Admission> {
  const { gateway } = context
  const peer = peerOf(gateway, facts.socket)
  const draft = beginDraft(gateway.pages, facts, requestId, startedAt)
  const refusal = unreadable(facts)
  if (refusal !== null) return reject(draft, refusal.status, refusal.reason)
  const forwarded = {
    clients: linesOf(facts, 'x-forwarded-for'),
    schemes: linesOf(facts, 'x-forwarded-proto'),
  }
  draft.client = clientAddress(peer, forwarded.clients, gateway.trustedProxies)
  draft.certificate = liveCertificate(
    facts.socket.certificate,
    gateway.clientCertificates,
    context.clock.now(),
  )

  const reading = readTarget(facts.url ?? '')
  // On any Host: load balancers ask by address.
  const asksHealth = reading.ok && reading.target.path === `${gateway.authPrefix}/health`
  if (asksHealth) return admitToOwnAddress(draft, 'health', healthMethods)
  const host = readHost(facts.rawHeaders)
  if (!host.ok) return reject(draft, 400, host.reason)
  const origin = gateway.hosts.get(host.host)
  if (origin === undefined) {
    const detail = describeUnknownHost(gateway.hosts, host.host)
    return toAdmission(draft, { kind: 'reject', status: 421, reason: 'host-unknown' }, detail)
  }
  draft.origin = origin
  const { handshakeName } = facts.socket
  if (handshakeName !== undefined && !isOfHandshake(host.host, handshakeName))
    return reject(draft, 421, 'host-not-of-handshake')
  if (!reading.ok) return reject(draft, 400, reading.reason)
  const { target } = reading
  draft.target = target

  const scheme = forwardedProto(peer, forwarded, gateway.trustedProxies)
  if (origin.scheme === 'https' && scheme === 'http') {
    return toAdmission(draft, { kind: 'deny', reason: 'insecure-scheme', principal: null })
  }
  const own = matchOwnAddress(gateway, origin, target)
  switch (own.kind) {
    case 'unknown':
      return reject(draft, 404, 'address-unknown')
    case 'ambiguous':
      return reject(draft, 400, 'target-ambiguous')
    case 'own':
      // Its pages speak for the whole origin: the app at its root, or the nearest to it.
      draft.app = origin.apps.at(-1) ?? null
      return admitToOwnAddress(draft, own.address, own.methods)
    case 'not-ours':
      return admitToApp(context, facts, draft, { origin, target })
  }
}

interface Addressed {
  readonly origin: Origin
  readonly target: Target
}

function admitToApp(
  context: AdmissionContext,
  facts: RequestFacts,
  draft: AdmissionDraft,
  { origin, target }: Addressed,
): Awaitable<Admission> {
  const reading = destinationOf(context.gateway, origin, facts)
  if (!reading.ok) return reject(draft, 400, 'destination-invalid')
  const { destination } = reading
  draft.destination = destination
  const toward = destination?.target ?? null
  const { headers } = facts
  const now = context.clock.now()
  const keyHeader = context.gateway.apiKeys?.header.toLowerCase() ?? null
  const { method, client, certificate } = draft
  const request: AppRequest = { method, target, headers, client, certificate, now, keyHeader }
  const routed = routeWithDestination(origin, request, toward)
  const asking: Asking = { origin, facts, method, client, certificate, now }
  return withLimitsBefore(context.requestLimits, routed.source, draft, now, () =>
    admitRouted(context, draft, { routed, request, asking, toward }),
  )
}

interface Routed {
  readonly routed: RoutedWithDestination
  readonly request: AppRequest
  readonly asking: Asking
  /** Where its `Destination` leads. */
  readonly toward: Target | null
}

function admitRouted(
  context: AdmissionContext,
  draft: AdmissionDraft,
  { routed, request, asking, toward }: Routed,
): Awaitable<Admission> {
  const { origin, now } = asking
  const counted = (admission: Admission) =>
    then(withLimits(context.requestLimits, admission, now), (drawn) => countKeyUse(context, drawn, asking))
  const withTokens = (judge: Judge) => withFreshTokens(context, origin, routed.source, judge)
  const asked = judgeOfEither(routed)
  const shadow = shadowOrigin(context.gateway, origin)
  if (shadow === null) {
    const judge = (lookup: CallerLookup): Admission =>
      admissionBy(draft, verdictOnBoth(routed, request, lookup), lookup)
    return asked === null
      ? counted(judge(nobody))
      : then(
          withCaller(() => findCaller(context, asked, asking, useSession), withTokens(judge)),
          counted,
        )
  }
  const rehearsed = routeWithDestination(shadow, request, toward)
  // The place at which both sets of rules found the same caller holds what is found anew too.
  const judgeBeside =
    (inForce: CallerLookup, beside: CallerLookup): Judge =>
    (lookup) => {
      const verdict = verdictOnBoth(routed, request, lookup)
      const found = beside === inForce ? lookup : beside
      const { decision, location, detail } = verdictOnBoth(rehearsed, request, found)
      return {
        ...admissionBy(draft, verdict, lookup),
        shadow: { decision, location, detail, enforced: verdict.decision },
      }
    }
  const asksBeside = judgeOfEither(rehearsed)
  const withBeside = (lookup: CallerLookup): Awaitable<Admission> => {
    const judge = (beside: CallerLookup) => withTokens(judgeBeside(lookup, beside))(lookup)
    if (asksBeside === null) return judge(lookup)
    const inForce = asked === null ? null : { judge: asked, lookup }
    return withCaller(() => findRehearsedCaller(context, asksBeside, inForce, asking), judge)
  }
  const found =
    asked === null
      ? withBeside(nobody)
      : withCaller(() => findCaller(context, asked, asking, useSession), withBeside)
  return then(found, counted)
}

function then<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** The verdict as an admission; the session that was asked for goes with it. */
function admissionBy(draft: AdmissionDraft, verdict: Verdict, lookup: CallerLookup): Admission {
  const { app, location, others, decision, detail } = verdict
  draft.app = app
  draft.location = location
  draft.others = others
  const live = lookup.kind === 'live' && decision.kind !== 'reject' ? lookup : null
  draft.header = headerOf(lookup)
  const admission = toAdmission(draft, decision, detail, live)
  return lookup.kind === 'unanswered' ? { ...admission, fault: lookup.fault } : admission
}

/** Judges as soon as it is known who asks; at once when that is at hand. */
function withCaller(
  find: () => Awaitable<CallerLookup>,
  judge: (lookup: CallerLookup) => Awaitable<Admission>,
): Awaitable<Admission> {
  const unanswered = (thrown: unknown): Awaitable<Admission> => {
    if (!isFault(thrown)) throw thrown
    return judge({ kind: 'unanswered', fault: thrown })
  }
  let found: Awaitable<CallerLookup>
  try {
    found = find()
  } catch (thrown) {
    return unanswered(thrown)
  }
  return found instanceof Promise ? found.then(judge, unanswered) : judge(found)
}

/** The header credential that counted, good or not; null: none did. */
function headerOf(lookup: CallerLookup): AdmissionDraft['header'] {
  switch (lookup.kind) {
    case 'identified': {
      const { credential, endsAt, exchangedToken } = lookup
      if (!isHeaderCredential(credential)) return null
      return { credential, endsAt, ...(exchangedToken === undefined ? {} : { exchangedToken }) }
    }
    case 'refused':
      return lookup.credential === null ? null : { credential: lookup.credential, endsAt: null }
    case 'live':
    case 'none':
    case 'unanswered':
      return null
  }
}
