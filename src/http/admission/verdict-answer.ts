import type { IncomingMessage } from 'node:http'
import {
  type Answer,
  faultAnswer,
  forbidden,
  redirectAnswer,
  refusal,
  unauthorized,
  withHeaders,
} from '../pages/answer.ts'
import { contextOf, type RequestContext } from '../server/context.ts'
import { answerChallenge } from '../sign-in/login.ts'
import type { Admission } from './admission.ts'
import { admissionOf } from './admission.ts'

/** What a verdict that does not let through becomes. The client learns the verdict, never the rule. */
export function verdictAnswer(request: IncomingMessage): Promise<Answer> | Answer {
  const admission = admissionOf(request)
  const context = contextOf(request)
  const { decision } = admission
  const { gateway } = context.runtime
  if (admission.fault !== null) return faultAnswer(admission, admission.fault)
  switch (decision.kind) {
    case 'allow':
      throw new Error('an allowed request has no verdict to answer')
    case 'challenge':
      return decision.how === 'redirect'
        ? answerChallenge(context, admission, request.headers, decision.providers)
        : unauthorized(gateway, admission, decision.reason)
    case 'deny':
      return decision.reason === 'insecure-scheme'
        ? toHttps(context, admission)
        : forbidden(gateway, admission, decision.reason)
    case 'reject': {
      const answer = refusal(admission, decision.status, decision.reason)
      return decision.allow === undefined ? answer : withHeaders(answer, { allow: decision.allow.join(', ') })
    }
  }
}

/** The load balancer says http: a GET is sent to https, anything else has been sent in the clear already. */
function toHttps(context: RequestContext, admission: Admission): Answer {
  const { origin, target, method } = admission
  if (origin === null || target === null || (method !== 'GET' && method !== 'HEAD')) {
    return forbidden(context.runtime.gateway, admission, 'insecure-scheme')
  }
  return redirectAnswer(origin.origin + target.path + target.query, 302)
}
