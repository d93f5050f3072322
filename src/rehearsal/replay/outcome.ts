import type { Gateway, Location } from '../../core/gateway.ts'
import { readAddress } from '../../core/request/address.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { judge, type Requirement } from '../../core/rules/requirement.ts'
import { type Person, probe } from '../../http/admission/probe.ts'
import { acceptedOn, type Route, routeText } from '../access.ts'
import { waysAt, waysOnlyIn } from '../ways.ts'
import type { LoggedRequest } from './logged-request.ts'

/** What there is to ask again with. */
export interface ReplaySetup {
  readonly now: Gateway
  /** The rules under which the log was written; null: not known. */
  readonly old: Gateway | null
  /** Claims by the log's `subject`. */
  readonly claims: ReadonlyMap<string, Claims>
}

/** How a request of the log would end. `place`: the app and location that it leads to now. */
export type ReplayedRequest = { readonly place: string } & (
  | { readonly kind: 'same' | 'now-refused' | 'now-let-in' | 'answered-otherwise'; readonly now: Ended }
  | { readonly kind: 'cannot-be-told'; readonly why: 'claims' | 'asker' }
)

/** Null reason: so for whatever claims, which were not looked at. */
export interface Ended {
  readonly decision: LoggedRequest['decision']
  readonly reason: string | null
}

/** Asks a request of a log again; what the log does not hold is never guessed. */
export function replayRequest(setup: ReplaySetup, request: LoggedRequest): ReplayedRequest {
  const { asker } = request
  switch (asker.kind) {
    case 'nobody':
      return compared(request, judged(setup.now, request, null))
    case 'unknown': {
      const answer = judged(setup.now, request, null)
      return isSameForAll(answer.location)
        ? compared(request, answer)
        : { place: answer.place, kind: 'cannot-be-told', why: 'asker' }
    }
    case 'somebody': {
      const claims = asker.subject === null ? undefined : setup.claims.get(asker.subject)
      const answer = judged(setup.now, request, { provider: asker.provider, claims: claims ?? {} })
      if (claims !== undefined || isSameForAll(answer.location)) return compared(request, answer)
      return withoutClaims(setup, request, asker.provider, answer)
    }
  }
}

interface Answer extends Route {
  readonly place: string
  readonly now: Ended
}

function judged(
  gateway: Gateway,
  { method, host, path, client, reason }: LoggedRequest,
  person: Person | null,
): Answer {
  const url = `https://${host}${path}`
  // Who was not asked to step up had done so, or would: a log does not tell how somebody signed in.
  const steppedUp = reason !== 'step-up-needed'
  const asked = { method, url, person, clientAddress: client, steppedUp }
  const { app, location, decision } = probe(gateway, asked).admission
  const place = app === null ? host : `${app.name} ${location?.label ?? '(no location)'}`
  const accepted = acceptedOn(gateway, { app, location })
  return { place, app, location, accepted, now: { decision: decision.kind, reason: decision.reason } }
}

/** Whether it makes no difference there who asks. */
function isSameForAll(location: Location | null): boolean {
  return location === null || location.access.kind !== 'rule'
}

function compared(
  { decision }: LoggedRequest,
  { place, now }: Pick<Answer, 'place' | 'now'>,
): ReplayedRequest {
  if (decision === now.decision) return { place, kind: 'same', now }
  if (decision === 'allow') return { place, kind: 'now-refused', now }
  return { place, kind: now.decision === 'allow' ? 'now-let-in' : 'answered-otherwise', now }
}

/** What can be said of somebody of whom the provider alone is known. */
function withoutClaims(
  setup: ReplaySetup,
  request: LoggedRequest,
  provider: string,
  answer: Answer,
): ReplayedRequest {
  const { place, app, location } = answer
  // A session of a provider that the app does not accept is none, whatever it holds.
  if (app !== null && !app.providers.includes(provider)) return compared(request, answer)
  const rule = location?.access.kind === 'rule' ? location.access.requirement : null
  const truth = rule === null ? 'unknown' : truthForAll(rule, provider, request.client)
  if (truth !== 'unknown') return compared(request, answer)
  const decision = provenDecision(setup, request, answer)
  if (decision !== null) return compared(request, { place, now: { decision, reason: null } })
  return { place, kind: 'cannot-be-told', why: 'claims' }
}

function truthForAll(rule: Requirement, provider: string, client: string | null) {
  const address = client === null ? null : readAddress(client)
  const clientAddress = address === null ? null : { ...address, text: client ?? '' }
  return judge(rule, { subject: { kind: 'anyone-of', provider }, clientAddress })
}

/**
 * What follows from the rules that wrote the log: under a rule that is the same as before nothing changes; whoever was
 * let in is let in by a rule that lets in more, and whoever was refused is refused by one that lets in fewer.
 */
function provenDecision(
  { old }: ReplaySetup,
  request: LoggedRequest,
  answer: Answer,
): LoggedRequest['decision'] | null {
  if (old === null) return null
  const before = judged(old, request, null)
  if (routeText(before) === routeText(answer)) return request.decision
  const [was, is] = [waysAt(before), waysAt(answer)]
  if (!was.complete || !is.complete) return null
  const [narrower, wider] = request.decision === 'allow' ? [was, is] : [is, was]
  return waysOnlyIn(narrower, wider).length === 0 ? request.decision : null
}
