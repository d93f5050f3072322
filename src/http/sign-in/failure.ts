import { type AnyFault, type FaultCode, LoginFault } from '../../core/fault.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, faultAnswer, frameOf, pageAnswer, problemAnswer, withHeaders } from '../pages/answer.ts'
import { type LinkedSignIn, loginLink } from '../pages/login-link.ts'
import { signInFailedPage } from '../pages/pages.ts'
import { type PageScript, withScript } from '../pages/scripts.ts'
import { type FailureWords, failureWords } from '../pages/sign-in-words.ts'
import type { RequestContext } from '../server/context.ts'

/** Nobody is signed in by it; the person reads what would help, and may start again for the same page where that does. */
export function signInFailed(
  context: RequestContext,
  admission: Admission,
  fault: AnyFault,
  wanted: LinkedSignIn,
  script: PageScript | null = null,
): Answer {
  tellOfFailure(context, admission, fault)
  const reason = fault.code.toLowerCase().replaceAll('_', '-')
  const retry = fault.status === 503 ? { 'retry-after': '5' } : {}
  if (!admission.wantsPage) return withHeaders(problemAnswer(admission, fault.status, reason), retry)
  const { explanation, helps } = failureWords(fault.code)
  const page = signInFailedPage({
    ...frameOf(admission),
    script,
    sentence: fault.publicText,
    explanation,
    isAway: fault.status >= 500,
    contact: admission.app?.contact ?? null,
    next: wayOn(helps, context.runtime.gateway.authPrefix, wanted),
  })
  return withHeaders(withScript(pageAnswer(fault.status, page), script), retry)
}

function wayOn(
  helps: FailureWords['helps'],
  authPrefix: string,
  wanted: LinkedSignIn,
): { label: string; href: string } | null {
  switch (helps) {
    case 'start-again':
      return { label: 'Start again', href: loginLink(authPrefix, wanted).href }
    case 'other-account':
      return {
        label: 'Use another account',
        href: loginLink(authPrefix, { ...wanted, wish: { ...plainWish, otherAccount: true } }).href,
      }
    case 'nothing':
      return null
  }
}

/** Whether the same once more may help, and nobody has said no to it. */
export function isWorthAnother(code: FaultCode): boolean {
  return failureWords(code).helps === 'start-again' && code !== 'LOGIN_REFUSED'
}

/** For operators: a line, and a count. */
export function tellOfFailure(
  { log, metrics }: RequestContext,
  { requestId }: Admission,
  fault: AnyFault,
): void {
  metrics.fault(fault.code)
  log.fault('login.failed', fault, { request_id: requestId })
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
