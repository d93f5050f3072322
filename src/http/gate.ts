import type { IncomingHttpHeaders } from 'node:http'
import type { Decision, RejectReason, RejectStatus } from '../core/decision.ts'
import { describeRefusal, explainRequirement } from '../core/explain.ts'
import { isFault } from '../core/fault.ts'
import { type ClientAddress, clientAddress, forwardedProto } from '../core/forwarded.ts'
import type { App, Location, Origin } from '../core/gateway.ts'
import { readHost } from '../core/host.ts'
import { isNavigation, sendsCredential } from '../core/navigation.ts'
import { findPlace } from '../core/place.ts'
import { type DecisionFacts, decide, needsVisitor, stricter, type Visitor } from '../core/policy.ts'
import type { Awaitable } from '../core/ports.ts'
import { askedMethod, passesPreflight } from '../core/preflight.ts'
import { readTarget, type Target } from '../core/target.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Found } from '../runtime/sessions.ts'
import type { Admission, OwnAddress } from './admission.ts'
import { health, ownPlace } from './own-address.ts'
import { findVisitor } from './visitor.ts'

/** What the gate reads of a request. A raw Node request fits it; a test writes it by hand. */
export interface RequestFacts {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value … as received. */
  readonly rawHeaders: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** Found out so far. The steps below fill it in; `finish` makes the admission of it. */
interface Sheet {
  readonly requestId: string
  readonly startedAt: number
  readonly method: string
  readonly wantsPage: boolean
  origin: Origin | null
  target: Target | null
  address: OwnAddress | null
  app: App | null
  location: Location | null
  client: ClientAddress
}

/** More header lines than this are refused; Node would drop those beyond 2,000 in silence. */
const headerLinesAtMost = 100
const unknownClient: ClientAddress = { known: false }

/**
 * Judges one request, in the order that stands here. Synchronous whenever the session is at hand; no store is touched
 * for what is open or refused anyway. A store that fails denies, and the admission carries the fault.
 */
export function admit(
  runtime: Runtime,
  facts: RequestFacts,
  requestId: string,
  startedAt: number,
): Awaitable<Admission> {
  const { gateway } = runtime
  const method = facts.method ?? ''
  const sheet: Sheet = {
    requestId,
    startedAt,
    method,
    // A form that is posted shows its answer too; only for a GET does a sign-in follow.
    wantsPage: isNavigation('GET', facts.headers),
    origin: null,
    target: null,
    address: null,
    app: null,
    location: null,
    client: unknownClient,
  }
  const unreadable = unreadableReason(facts)
  if (unreadable !== null) return reject(sheet, unreadable.status, unreadable.reason)
  sheet.client = clientAddress(
    facts.socket.remoteAddress,
    linesOf(facts, 'x-forwarded-for'),
    gateway.trustedProxies,
  )

  const reading = readTarget(facts.url ?? '')
  // On any Host: load balancers ask by address.
  if (reading.ok && reading.target.path === `${gateway.authPrefix}/health`) {
    const { methods } = health
    return methods.includes(method)
      ? ownAddress(sheet, 'health')
      : reject(sheet, 405, 'method-not-allowed', methods)
  }
  const host = readHost(facts.rawHeaders)
  if (!host.ok) return reject(sheet, 400, host.reason)
  const origin = gateway.hosts.get(host.host)
  if (origin === undefined) return reject(sheet, 421, 'host-unknown')
  sheet.origin = origin
  if (!reading.ok) return reject(sheet, 400, reading.reason)
  const { target } = reading
  sheet.target = target

  if (
    originIsHttps(origin) &&
    forwardedProto(
      facts.socket.remoteAddress,
      linesOf(facts, 'x-forwarded-proto'),
      gateway.trustedProxies,
    ) === 'http'
  ) {
    return finish(sheet, { kind: 'deny', reason: 'insecure-scheme', principal: null })
  }
  const own = ownPlace(gateway, origin, target)
  switch (own.kind) {
    case 'unknown':
      return reject(sheet, 404, 'address-unknown')
    case 'own':
      // Its pages speak for the whole origin: the app at its root, or the nearest to it.
      sheet.app = origin.apps.at(-1) ?? null
      if (!own.methods.includes(method)) return reject(sheet, 405, 'method-not-allowed', own.methods)
      return ownAddress(sheet, own.address)
    case 'not-ours':
      return admitToApp(runtime, facts, sheet, origin, target)
  }
}

function admitToApp(
  runtime: Runtime,
  facts: RequestFacts,
  sheet: Sheet,
  origin: Origin,
  target: Target,
): Awaitable<Admission> {
  const asked = askedMethod(sheet.method, facts.headers)
  const preflight = asked === null ? null : findPlace(origin, target, asked)
  if (
    preflight?.kind === 'app' &&
    passesPreflight(preflight.location) &&
    (preflight.second === null || passesPreflight(preflight.second))
  ) {
    sheet.app = preflight.app
    sheet.location = preflight.location
    return finish(sheet, { kind: 'allow', reason: 'preflight', principal: null })
  }
  const place = findPlace(origin, target, sheet.method)
  sheet.app = place.app
  if (place.kind === 'nowhere') return reject(sheet, place.status, place.reason, place.allow)
  const { app, location, second } = place
  sheet.location = location
  const expectation = facts.headers.expect
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue')
    return reject(sheet, 417, 'expectation-unknown')
  const question: DecisionFacts = {
    acceptedProviders: app.providers,
    clientAddress: sheet.client.known ? { ...sheet.client.address, text: sheet.client.text } : null,
    navigation: isNavigation(sheet.method, facts.headers),
    credentialSent: sendsCredential(facts.headers),
    page: target.path + target.query,
  }
  const judge = (found: Found | null): Admission => {
    const visitor: Visitor = found === null ? anonymous : visitorOf(found)
    const decision = decide(location, visitor, question)
    const verdict = second === null ? decision : stricter(decision, decide(second, visitor, question))
    if (verdict.kind === 'allow' && announcesTooMuch(facts.headers, location))
      return reject(sheet, 413, 'body-too-large')
    const detail = describe(verdict, verdict === decision ? location : (second ?? location), question)
    return finish(sheet, verdict, detail, found?.kind === 'live' ? found : null)
  }
  if (!needsVisitor(location) && (second === null || !needsVisitor(second))) return judge(null)
  return withVisitor(runtime, facts, sheet, origin, judge)
}

/** A store that does not answer decides nothing: the request ends there, with the fault as its answer. */
function withVisitor(
  runtime: Runtime,
  facts: RequestFacts,
  sheet: Sheet,
  origin: Origin,
  judge: (found: Found) => Admission,
): Awaitable<Admission> {
  const undecided = (thrown: unknown): Admission => {
    if (!isFault(thrown)) throw thrown
    return { ...finish(sheet, { kind: 'deny', reason: 'undecided', principal: null }), fault: thrown }
  }
  try {
    const found = findVisitor(runtime, origin, facts.headers)
    return found instanceof Promise ? found.then(judge, undecided) : judge(found)
  } catch (thrown) {
    return undecided(thrown)
  }
}

const anonymous: Visitor = { kind: 'anonymous', why: 'no-session' }

function visitorOf(found: Found): Visitor {
  return found.kind === 'live'
    ? { kind: 'signed-in', principal: found.principal, signIn: found.session.signIn }
    : { kind: 'anonymous', why: found.why }
}

/** For the operator: which condition of a refusal failed, with what was expected and what was there. */
function describe(decision: Decision, location: Location, facts: DecisionFacts): string | null {
  if (decision.kind !== 'deny' || location.access.kind !== 'rule') return null
  const rows = explainRequirement(location.access.requirement, decision.principal, facts)
  return describeRefusal(rows)
}

function finish(
  sheet: Sheet,
  decision: Decision,
  detail: string | null = null,
  live: (Found & { kind: 'live' }) | null = null,
): Admission {
  const { client, ...rest } = sheet
  return {
    ...rest,
    decision,
    detail,
    session: live === null ? null : live.session,
    resealed: live?.resealed ?? null,
    fault: null,
    principal: principalOf(decision),
    clientAddress: client.known ? client.text : null,
  }
}

function principalOf(decision: Decision): Admission['principal'] {
  return decision.kind === 'allow' || decision.kind === 'deny' ? decision.principal : null
}

function reject(
  sheet: Sheet,
  status: RejectStatus,
  reason: RejectReason,
  allow?: readonly string[],
): Admission {
  return finish(sheet, { kind: 'reject', status, reason, ...(allow === undefined ? {} : { allow }) })
}

function ownAddress(sheet: Sheet, address: OwnAddress): Admission {
  sheet.address = address
  return finish(sheet, { kind: 'allow', reason: 'gateway-address', principal: null })
}

function unreadableReason(
  facts: RequestFacts,
): { readonly status: RejectStatus; readonly reason: RejectReason } | null {
  if (facts.httpVersion !== '1.1') {
    if (facts.httpVersion !== '1.0') return { status: 505, reason: 'http-version' }
    if (facts.headers['transfer-encoding'] !== undefined) return { status: 400, reason: 'http-version' }
  }
  return facts.rawHeaders.length > 2 * headerLinesAtMost ? { status: 431, reason: 'too-many-headers' } : null
}

/** Refused before a byte of the body is asked for; what is not announced is counted while it passes. */
function announcesTooMuch(headers: IncomingHttpHeaders, { forwarding }: Location): boolean {
  const length = headers['content-length']
  return length !== undefined && forwarding.maxBodyBytes !== null && Number(length) > forwarding.maxBodyBytes
}

/** The values of all lines of a name, in order; `headers` has joined them with commas. */
function linesOf(facts: RequestFacts, name: 'x-forwarded-for' | 'x-forwarded-proto'): readonly string[] {
  const value = facts.headers[name]
  if (value === undefined) return none
  return typeof value === 'string' ? [value] : value
}

const none: readonly string[] = []

function originIsHttps(origin: Origin): boolean {
  return origin.scheme === 'https'
}
