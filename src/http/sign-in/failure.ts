import { type AnyFault, LoginFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { type ReturnTo, readReturnTo } from '../../core/session/return-to.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, faultAnswer, frameOf, pageAnswer, problemAnswer } from '../pages/answer.ts'
import { signInFailedPage } from '../pages/pages.ts'
import type { RequestContext } from '../server/context.ts'

/** Nobody is signed in by it; the person may start again, for the page that was asked for. */
export function signInFailed(
  context: RequestContext,
  admission: Admission,
  fault: AnyFault,
  wanted: ReturnTo,
): Answer {
  const { authPrefix } = context.runtime.gateway
  const startAgainHref = `${authPrefix}/login?return_to=${encodeURIComponent(wanted)}`
  tellOfFailure(context, admission, fault)
  if (fault.status >= 500) {
    return faultAnswer(admission, fault, { next: { label: 'Start again', href: startAgainHref } })
  }
  const reason = fault.code.toLowerCase().replaceAll('_', '-')
  if (!admission.wantsPage) return problemAnswer(admission, fault.status, reason)
  const page = signInFailedPage({
    ...frameOf(admission),
    sentence: fault.publicText,
    contact: admission.app?.contact ?? null,
    startAgainHref,
  })
  return pageAnswer(fault.status, page)
}

function tellOfFailure({ log, metrics }: RequestContext, { requestId }: Admission, fault: AnyFault): void {
  metrics.fault(fault.code)
  log.fault('login.failed', fault, { request_id: requestId })
}

/** Where an origin begins for a person: the app at its root, else the nearest to it. */
export function startOf(origin: Origin): ReturnTo {
  const prefix = origin.apps.at(-1)?.prefix ?? []
  return readReturnTo(`/${prefix.map(encodeURIComponent).join('/')}`, '')
}

/** A link to start again would lead round to this very page: it says when to come back instead. */
export function tooManyFailures(
  context: RequestContext,
  admission: Admission,
  retryAfterSeconds: number,
): Answer {
  const fault = new LoginFault(
    'LOGIN_FAILURES_LIMITED',
    'callbacks of this client network failed at the provider too often; it is not asked again for now',
  )
  tellOfFailure(context, admission, fault)
  return faultAnswer(admission, fault, { retryAfterSeconds })
}
