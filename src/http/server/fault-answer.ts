import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorCode } from '../../core/error-code.ts'
import { isFault, LoginFault, ProviderFault, StoreFault, UpstreamFault } from '../../core/fault.ts'
import { type Admission, admissionOf, carryAdmission } from '../admission/admission.ts'
import { reportFault } from '../operations/report-fault.ts'
import { type Answer, refusal, send } from '../pages/answer.ts'
import { faultAnswer } from '../pages/fault-answer.ts'
import { asTokenError } from '../token/token-answer.ts'
import { contextOf, type RequestContext } from './context.ts'

const bodyTooLarge = { kind: 'reject', status: 413, reason: 'body-too-large' } as const

/** The one place where something thrown becomes an answer. */
export function answerFault(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const admission = admissionOf(request.raw)
  // A client that went away in the middle of its body is nobody's fault; the access line has it.
  const goneAway = request.raw.destroyed && !request.raw.complete
  if (reply.raw.headersSent || goneAway) {
    reply.raw.destroy()
    return
  }
  const answer = (told: Answer) => {
    if (admission.address !== 'token') send(reply, told)
    else {
      contextOf(request.raw).metrics.token(told.status < 500 ? 'refused' : 'failed')
      send(reply, asTokenError(told))
    }
  }
  switch (errorCode(thrown)) {
    // Counted as it came, or announced: the same refusal, and the access line says so.
    case 'REQUEST_BODY_TOO_LARGE':
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      carryAdmission(request.raw, { ...admission, decision: bodyTooLarge, detail: whatIsTooLarge(thrown) })
      answer(refusal(admission, bodyTooLarge.status, bodyTooLarge.reason))
      return
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      answer(refusal(admission, 415, 'media-type-unknown'))
      return
    default:
      tellOf(contextOf(request.raw), thrown, admission)
      answer(faultAnswer(admission, isFault(thrown) ? thrown : null))
  }
}

/** `max_body`, or what the app's way takes beside it: an event of a function may be too large for a body that is not. */
function whatIsTooLarge(thrown: unknown): string | null {
  return thrown instanceof UpstreamFault ? thrown.message : null
}

/** For the log and the metrics. */
export function tellOf(context: RequestContext, thrown: unknown, admission: Admission): void {
  const of = { request_id: admission.requestId, app: admission.app?.name }
  const isOfClient = isFault(thrown) && (thrown.status === 413 || thrown.status === 408)
  // A body that is too long or stands still is the client's; the access line has it.
  if (isOfClient) context.metrics.fault(thrown.code, of.app ?? null)
  else reportFault(context, eventOf(thrown), thrown, of)
}

function eventOf(fault: unknown) {
  if (fault instanceof UpstreamFault) return 'upstream.failed'
  if (fault instanceof StoreFault) return 'store.failed'
  if (fault instanceof ProviderFault) return 'provider.failed'
  return fault instanceof LoginFault ? 'login.failed' : 'internal.failed'
}
