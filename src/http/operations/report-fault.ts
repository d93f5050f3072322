import type { EventName } from '../../core/event.ts'
import { isFault } from '../../core/fault.ts'
import type { Admission } from '../admission/admission.ts'
import type { RequestContext } from '../server/context.ts'

/** Whose a fault is; an app or a provider that nobody can tell is left out. */
export interface FaultOf {
  readonly request_id?: string
  readonly app?: string | undefined
  readonly provider?: string | undefined
  /** Of a logout by a provider: which way. */
  readonly how?: string
}

/**
 * A line and a count for one fault, so that neither comes without the other. What is no fault of ours is a line alone.
 */
export function reportFault(
  { log, metrics }: Pick<RequestContext, 'log' | 'metrics'>,
  event: Extract<EventName, `${string}.failed`>,
  thrown: unknown,
  of: FaultOf,
): void {
  if (isFault(thrown)) metrics.fault(thrown.code, of.app ?? null)
  log.fault(event, thrown, of)
}

/** Of a request that could not be judged, as the store did not answer; nothing for any other. */
export function reportUndecided(
  context: Pick<RequestContext, 'log' | 'metrics'>,
  { fault, requestId, app }: Pick<Admission, 'fault' | 'requestId' | 'app'>,
): void {
  if (fault !== null) reportFault(context, 'store.failed', fault, { request_id: requestId, app: app?.name })
}
