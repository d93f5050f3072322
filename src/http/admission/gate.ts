import { isFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import { clientAddress, forwardedProto } from '../../core/request/forwarded.ts'
import { readHost } from '../../core/request/host.ts'
import { readTarget, type Target } from '../../core/request/target.ts'
import { shadowOrigin } from '../../core/shadow.ts'
import type { Found } from '../../runtime/sessions.ts'
import type { Admission } from './admission.ts'
import { type Court, findVisitor, peekAtVisitor } from './caller.ts'
import { admitToOwn, finish, openSheet, reject, type Sheet } from './draft.ts'
import { healthMethods, ownPlace } from './own-address.ts'
import { linesOf, type RequestFacts, unreadable } from './request-facts.ts'
import { type Asked, asksWho, courseOf, type Sought, type Verdict, verdictOf } from './routed-request.ts'

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
  { headers }: RequestFacts,
  sheet: Sheet,
  { origin, target }: Destination,
): Awaitable<Admission> {
  const asked: Asked = { method: sheet.method, target, headers, client: sheet.client }
  const course = courseOf(origin, asked)
  const shadow = shadowOrigin(court.gateway, origin)
  if (shadow === null) {
    const judge = (sought: Sought): Admission => conclude(sheet, verdictOf(course, asked, sought), sought)
    return asksWho(course) ? seek(() => findVisitor(court, origin, headers), judge) : judge(nobody)
  }
  const rehearsed = courseOf(shadow, asked)
  const judge = (sought: Sought): Admission => {
    const verdict = verdictOf(course, asked, sought)
    const { decision, location, detail } = verdictOf(rehearsed, asked, sought)
    const beside = { decision, location, detail, enforced: verdict.decision }
    return { ...conclude(sheet, verdict, asksWho(course) ? sought : nobody), shadow: beside }
  }
  if (asksWho(course)) return seek(() => findVisitor(court, origin, headers), judge)
  // A look that keeps no session alive and whose failure only the shadow feels.
  if (asksWho(rehearsed)) return seek(() => peekAtVisitor(court, origin, headers), judge)
  return judge(nobody)
}

/** The verdict as an admission; the session that was asked for goes with it. */
function conclude(sheet: Sheet, verdict: Verdict, sought: Sought): Admission {
  const { app, location, decision, detail } = verdict
  sheet.app = app
  sheet.location = location
  const live = sought.kind === 'live' && decision.kind !== 'reject' ? sought : null
  const admission = finish(sheet, decision, detail, live)
  return sought.kind === 'unanswered' ? { ...admission, fault: sought.fault } : admission
}

/** Judges as soon as it is known who asks; at once when that is at hand. */
function seek(find: () => Awaitable<Found>, judge: (sought: Sought) => Admission): Awaitable<Admission> {
  const unanswered = (thrown: unknown): Admission => {
    if (!isFault(thrown)) throw thrown
    return judge({ kind: 'unanswered', fault: thrown })
  }
  let found: Awaitable<Found>
  try {
    found = find()
  } catch (thrown) {
    return unanswered(thrown)
  }
  return found instanceof Promise ? found.then(judge, unanswered) : judge(found)
}

const nobody: Found = { kind: 'none', why: 'no-session' }
