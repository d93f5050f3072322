import type { Decision } from '../../core/decision.ts'
import type { App, Location } from '../../core/gateway.ts'
import { governsCors } from '../../core/headers/cors-answer.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { LimitVerdict, RequestLimits } from '../../runtime/request-limits/request-limits.ts'
import type { Admission } from './admission.ts'
import { isOwnPreflight } from './cors.ts'
import { type AdmissionDraft, toAdmission } from './draft.ts'
import type { RoutedRequest } from './routed-request.ts'

/** Goes on where the limits by client network have room; nothing is looked up for who has no more. */
export function withLimitsBefore(
  limits: RequestLimits | undefined,
  routed: RoutedRequest,
  draft: AdmissionDraft,
  now: EpochSeconds,
  goOn: () => Awaitable<Admission>,
): Awaitable<Admission> {
  if (limits === undefined) return goOn()
  const place = placeOf(routed)
  if (place === null || place.location.limits.length === 0) return goOn()
  const { app, location, others } = place
  const after = (verdict: LimitVerdict): Awaitable<Admission> => {
    if (verdict.kind === 'within') return goOn()
    Object.assign(draft, { app, location, others })
    return afterDrawing(toAdmission(draft, undecided), verdict)
  }
  const verdict = limits.drawBefore(location, app, draft.client.network, now)
  return verdict instanceof Promise ? verdict.then(after) : after(verdict)
}

interface Place {
  readonly app: App
  readonly location: Location
  readonly others: readonly Location[]
}

/** Where it leads, unless it is decided and no app hears of it. A preflight that passes is decided, and an app hears of it. */
function placeOf(routed: RoutedRequest): Place | null {
  if (routed.kind === 'routed') return routed
  const { app, location, others, decision } = routed.verdict
  if (decision.kind !== 'allow' || app === null || location === null) return null
  return governsCors([location, ...others]) ? null : { app, location, others }
}

const undecided: Decision = { kind: 'deny', reason: 'undecided', principal: null }

/** The admission once it was counted: the same, or refused. What is refused already draws nothing. */
export function withLimits(
  limits: RequestLimits | undefined,
  admission: Admission,
  now: EpochSeconds,
): Awaitable<Admission> {
  const { app, location, decision, principal } = admission
  if (limits === undefined || decision.kind !== 'allow' || app === null) return admission
  if (location === null || location.limits.length === 0) return admission
  // Anybody can send one, and no app hears of it: nobody’s quota is spent by strangers.
  if (isOwnPreflight(admission)) return admission
  const verdict = limits.draw(location, app, principal, now)
  return verdict instanceof Promise
    ? verdict.then((drawn) => afterDrawing(admission, drawn))
    : afterDrawing(admission, verdict)
}

/** A verdict of `drawBefore` or `draw` as the admission's. */
function afterDrawing(admission: Admission, verdict: LimitVerdict): Admission {
  switch (verdict.kind) {
    case 'within':
      return admission
    case 'over': {
      const { limit, retryAfterSeconds } = verdict
      const over = {
        kind: 'reject',
        status: 429,
        reason: 'limit-exceeded',
        limit,
        retryAfterSeconds,
      } as const
      return { ...admission, decision: over, destination: null }
    }
    case 'unanswered':
      return {
        ...admission,
        decision: undecided,
        ...{ fault: verdict.fault, principal: null, destination: null },
      }
  }
}
