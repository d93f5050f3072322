import type { IncomingMessage } from 'node:http'
import type { Challenge } from '../../core/decision.ts'
import type { Gateway } from '../../core/gateway.ts'
import { isOwnFrame } from '../../core/request/navigation.ts'
import { sessionCookie } from '../../core/session/cookies.ts'
import { readReferringPage } from '../../core/session/landing.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import { type Answer, redirectAnswer, refusal, withCookies, withHeaders } from '../pages/answer.ts'
import { credentialNeeded, withChallenges } from '../pages/credential-answer.ts'
import { faultAnswer } from '../pages/fault-answer.ts'
import { forbidden } from '../pages/forbidden.ts'
import { stepUpFrame, stepUpNeeded } from '../pages/step-up-answer.ts'
import { unauthorized, unauthorizedFrame } from '../pages/unauthorized.ts'
import { contextOf, type RequestContext } from '../server/context.ts'
import { deleteCookie, setHttpsMarker } from '../sign-in/cookie.ts'
import { answerForm } from '../sign-in/form-keeping.ts'
import { answerChallenge } from '../sign-in/login.ts'
import { withRenewal } from '../sign-in/renewal.ts'
import { askedStepUp } from '../sign-in/step-up-link.ts'
import { type Admission, admissionOf, carryAdmission } from './admission.ts'

/** What a verdict that does not let through becomes. The client learns the verdict, never the rule. */
export function verdictAnswer(request: IncomingMessage): Promise<Answer> | Answer {
  const answer = answerTo(request)
  const renew = (made: Answer) => {
    const admission = admissionOf(request)
    const told = withChallenges(made, admission, request.headers)
    return withRenewal(told, admission, admission.origin, request.headers)
  }
  return answer instanceof Promise ? answer.then(renew) : renew(answer)
}

function answerTo(request: IncomingMessage): Promise<Answer> | Answer {
  const admission = admissionOf(request)
  const context = contextOf(request)
  const { decision } = admission
  const { gateway } = context.runtime
  // Whoever could not tell, and for whatever reason: nothing reached the app, so that a client may ask again, be it a POST.
  if (admission.fault !== null) return faultAnswer(admission, admission.fault, { status: 503 })
  switch (decision.kind) {
    case 'allow':
      throw new Error('an allowed request has no verdict to answer')
    case 'challenge':
      if (decision.presented !== undefined || decision.providers.length === 0)
        return credentialNeeded(admission, decision, request.headers, context.runtime.clock.now())
      if (admission.method !== 'GET' && admission.method !== 'HEAD') {
        return formAnswer(request, context, admission, decision)
      }
      if (admission.origin !== null && isOwnFrame(admission.method, request.headers)) {
        const topPage = readReferringPage(request.headers.referer, admission.origin, gateway.authPrefix)
        const step = askedStepUp(context, admission, decision)
        return step === null
          ? unauthorizedFrame(gateway, admission, topPage)
          : stepUpFrame(gateway, admission, step, topPage)
      }
      return decision.how === 'redirect'
        ? answerChallenge(context, admission, request.headers, decision.providers, decision.stepUp)
        : unauthorizedAt(request, context, admission, decision)
    case 'deny':
      return decision.reason === 'insecure-scheme'
        ? toHttps(context, request, admission)
        : forbidden(gateway, admission, decision.reason)
    case 'reject': {
      const { allow, retryAfterSeconds, limit } = decision
      return withHeaders(refusal(admission, decision.status, decision.reason, limit), {
        ...(allow === undefined ? {} : { allow: allow.join(', ') }),
        ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      })
    }
  }
}

/** A form whose person has to sign in (again) is kept where that may be; else it is told as anything else is. */
async function formAnswer(
  request: IncomingMessage,
  context: RequestContext,
  admission: Admission,
  challenge: Challenge,
): Promise<Answer> {
  const kept = await answerForm(context, admission, request, challenge)
  return kept ?? unauthorizedAt(request, context, admission, challenge)
}

function unauthorizedAt(
  request: IncomingMessage,
  context: RequestContext,
  admission: Admission,
  challenge: Challenge,
): Answer {
  const { gateway } = context.runtime
  const formPage = pageOfForm(request, admission, gateway)
  const step = askedStepUp(context, admission, challenge)
  return step === null
    ? unauthorized(gateway, admission, challenge.reason, formPage)
    : stepUpNeeded(gateway, admission, step, formPage)
}

/** Where a form came from that met no session, so that whoever signs in comes back to it. */
function pageOfForm(
  { headers }: IncomingMessage,
  { method, origin }: Admission,
  { authPrefix }: Gateway,
): ReturnTo | null {
  if (method === 'GET' || method === 'HEAD' || origin === null) return null
  return readReferringPage(headers.referer, origin, authPrefix)
}

/**
 * The load balancer says http: a GET is sent to https, anything else has been sent in the clear already. Once: a cookie
 * that browsers take over https alone tells that this one had come by https, whatever the balancer says. To send it to
 * its own address again would have no end.
 */
function toHttps(context: RequestContext, request: IncomingMessage, admission: Admission): Answer {
  const { gateway } = context.runtime
  const { origin, target, method } = admission
  if (origin === null || target === null || (method !== 'GET' && method !== 'HEAD')) {
    return forbidden(gateway, admission, 'insecure-scheme')
  }
  const marker = `${origin.cookies.transactionPrefix}https`
  if (sessionCookie(request.headers.cookie, marker).kind !== 'none') {
    carryAdmission(request, { ...admission, detail: alreadyHttps })
    return withCookies(forbidden(gateway, admission, 'insecure-scheme'), [
      deleteCookie(origin.cookies, marker),
    ])
  }
  const redirect = redirectAnswer(origin.origin + target.path + target.query, 302)
  return withCookies(redirect, [setHttpsMarker(origin.cookies, marker)])
}

const alreadyHttps = 'the browser is at https already; X-Forwarded-Proto says http all the same'
