import { type AnyFault, type FaultCode, LoginFault } from '../../core/fault.ts'
import type { Catalogue } from '../../core/pages/catalogue.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import type { Admission } from '../admission/admission.ts'
import { reportFault } from '../operations/report-fault.ts'
import type { Account } from '../pages/account.ts'
import { type Answer, frameOf, pageAnswer, problemAnswer, withHeaders } from '../pages/answer.ts'
import { faultAnswer } from '../pages/fault-answer.ts'
import { type LinkedSignIn, loginLink } from '../pages/login-link.ts'
import { type SignInFailedPage, signInFailedPage } from '../pages/pages.ts'
import { type PageScript, withScript } from '../pages/scripts.ts'
import { type FailureWords, failureWords } from '../pages/sign-in-words.ts'
import type { RequestContext } from '../server/context.ts'
import type { AttemptOf } from './attempt.ts'

/** A sign-in that came to nothing. */
export interface Failed {
  /** What a link to start again is for. */
  readonly wanted: LinkedSignIn
  readonly of: AttemptOf
  /** As whom one is signed in, where the page says it. */
  readonly account?: Account | null
}

/** Nobody is signed in by it; the person reads what would help, and may start again for the same page where that does. */
export function signInFailed(
  context: RequestContext,
  admission: Admission,
  fault: AnyFault,
  { wanted, of, account = null }: Failed,
  script: PageScript | null = null,
): Answer {
  tellOfFailure(context, admission, fault, of)
  const reason = reasonOf(fault.code)
  const retry = fault.status === 503 ? { 'retry-after': '5' } : {}
  if (!admission.wantsPage)
    return withDecision(withHeaders(problemAnswer(admission, fault.status, reason), retry), fault)
  const { explanation, helps } = failureWords(fault.code)
  const frame = frameOf(admission)
  const { words } = frame.look
  const page = signInFailedPage({
    ...frame,
    script,
    sentence: words[`fault.${fault.code}`],
    explanation: words[explanation],
    account,
    isAway: fault.status >= 500,
    contact: admission.app?.contact ?? null,
    ...waysOn(helps, words, context.runtime.gateway.authPrefix, wanted),
  })
  return withDecision(withHeaders(withScript(pageAnswer(fault.status, page), script), retry), fault)
}

/** The access line says so too. */
function withDecision(answer: Answer, { code }: AnyFault): Answer {
  if (code !== 'LOGIN_STEP_UP_NOT_MET') return answer
  return { ...answer, decision: { kind: 'deny', reason: 'step-up-not-met', principal: null } }
}

/** What a program is told. */
function reasonOf(code: FaultCode): string {
  return code === 'LOGIN_STEP_UP_NOT_MET' ? 'step-up-not-met' : code.toLowerCase().replaceAll('_', '-')
}

function waysOn(
  helps: FailureWords['helps'],
  words: Catalogue,
  authPrefix: string,
  wanted: LinkedSignIn,
): Pick<SignInFailedPage, 'next' | 'instead'> {
  const again = { label: words['link.start-again'], href: loginLink(authPrefix, wanted).href }
  // A step-up is one account's: another one begins without.
  const other = { ...wanted, stepUp: null, wish: { ...plainWish, otherAccount: true } }
  const otherAccount = { label: words['link.other-account'], href: loginLink(authPrefix, other).href }
  switch (helps) {
    case 'start-again':
      return { next: again }
    case 'other-account':
      return { next: otherAccount }
    case 'either':
      return { next: again, instead: otherAccount }
    case 'that-account':
      return { next: askingWho(words, authPrefix, wanted), instead: otherAccount }
    case 'nothing':
      return { next: null }
  }
}

/** Again, but the provider asks who it is: else the account that came back would come once more. */
function askingWho(words: Catalogue, authPrefix: string, wanted: LinkedSignIn): SignInFailedPage['next'] {
  const wish = { ...(wanted.wish ?? plainWish), otherAccount: true }
  return { label: words['link.try-again'], href: loginLink(authPrefix, { ...wanted, wish }).href }
}

/** Whether the same once more may help, and nobody has said no to it. */
export function isWorthAnother(code: FaultCode): boolean {
  return failureWords(code).helps === 'start-again'
}

/** For operators: a line, and two counts. Every sign-in that came to nothing is told here, whatever answers it. */
export function tellOfFailure(
  context: Pick<RequestContext, 'log' | 'metrics'>,
  { requestId }: Admission,
  fault: AnyFault,
  { provider, app }: AttemptOf,
): void {
  context.metrics.login(provider, 'failed')
  reportFault(context, 'login.failed', fault, {
    request_id: requestId,
    app: app ?? undefined,
    provider: provider ?? undefined,
  })
}

/** A link to start again would lead round to this very page: it says when to come back instead. */
export function tooManyFailures(
  context: RequestContext,
  admission: Admission,
  of: AttemptOf,
  retryAfterSeconds: number,
): Answer {
  const fault = new LoginFault(
    'LOGIN_FAILURES_LIMITED',
    'callbacks of this client network failed at the provider too often; it is not asked again for now',
  )
  tellOfFailure(context, admission, fault, of)
  return faultAnswer(admission, fault, { retryAfterSeconds })
}
