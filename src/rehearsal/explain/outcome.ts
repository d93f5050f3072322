import type { Challenge, Decision } from '../../core/decision.ts'
import { faultEntry } from '../../core/fault.ts'
import type { Unsent } from '../../core/headers/aws-budget.ts'
import { allowReasons, challengeReasons, denyReasons, rejectReasons } from '../../core/reason.ts'
import type { ClaimPath } from '../../core/rules/claims.ts'
import type { ProbeResult } from '../../http/admission/probe.ts'
import { oneOf } from '../who/words.ts'

/** How a request ends, in a word, in the reason's own word, and in sentences. */
export interface Outcome {
  readonly outcome: 'allowed' | 'sign_in' | 'denied' | 'rejected'
  readonly reason: string
  /** Why, as the reference says it. */
  readonly sentence: string
  /** Null: the app's own. */
  readonly status: number | null
  /** What the client gets to see. */
  readonly answer: string
}

/** The gate's verdict, and what may still go wrong before and after it. `userIdClaim` is the provider's `user_id`. */
export function outcomeOf(ruling: ProbeResult, userIdClaim: ClaimPath): Outcome {
  const { admission, userIdFault } = ruling
  const { location, decision } = admission
  if (userIdFault !== null && location !== null && location.access.kind !== 'anyone') {
    const { status, public: page } = faultEntry('LOGIN_USER_ID_INVALID')
    const sentence = `The sign-in itself fails: the user id is read from ${userIdClaim}, and ${userIdFault}.`
    return { outcome: 'denied', reason: 'login-user-id-invalid', sentence, status, answer: `a page: ${page}` }
  }
  if (decision.kind === 'allow' && location !== null && ruling.unsent !== null) {
    return unsendable(admission, ruling.unsent)
  }
  return verdict(admission, decision)
}

type Admission = ProbeResult['admission']

function verdict(admission: Admission, decision: Decision): Outcome {
  const { reason } = decision
  switch (decision.kind) {
    case 'allow': {
      const answer =
        decision.reason === 'gateway-address' ? 'the gateway itself answers' : 'what the app answers'
      return { outcome: 'allowed', reason, sentence: allowReasons[decision.reason], status: null, answer }
    }
    case 'challenge':
      return {
        outcome: 'sign_in',
        reason,
        sentence: withDetail(challengeReasons[decision.reason], admission),
        ...askingFor(admission, decision),
      }
    case 'deny':
      return decision.reason === 'insecure-scheme'
        ? insecure(admission)
        : denied(admission, reason, withDetail(denyReasons[decision.reason], admission))
    case 'reject': {
      const { status, allow } = decision
      const answer = allow === undefined ? 'an error page' : `an error page; allowed: ${allow.join(', ')}`
      return { outcome: 'rejected', reason, sentence: rejectReasons[decision.reason], status, answer }
    }
  }
}

/** What the log says beside, of a token or key that does not count. */
function withDetail(sentence: string, { header, principal, detail }: Admission): string {
  return header === null || principal !== null || detail === null ? sentence : `${sentence} Here: ${detail}.`
}

function askingFor(
  { app, method, wantsPage }: Admission,
  { how, providers, stepUp, presented }: Challenge,
): Pick<Outcome, 'status' | 'answer'> {
  if (presented !== undefined || providers.length === 0) {
    const answer = wantsPage ? 'a page that says that programs come here' : 'application/problem+json'
    return { status: 401, answer }
  }
  const signIn = stepUp === null ? 'sign-in' : 'step-up'
  if (how === 'unauthorized') {
    return { status: 401, answer: `no redirect, but a login_url for a ${signIn} at ${oneOf(providers)}` }
  }
  const answer =
    providers.length === 1
      ? `the ${signIn} at ${oneOf(providers)}, and back here`
      : `the choice between ${providers.join(' and ')}, the sign-in there, and back here`
  // As http/sign-in/start answers it; the redirect to the choice keeps what follows the `#` by itself.
  if (providers.length === 1 && app?.keepFragment === true && method !== 'HEAD')
    return { status: 200, answer: `a page that keeps what follows #, then ${answer}` }
  return { status: 302, answer }
}

function denied({ wantsPage, principal }: Admission, reason: string, sentence: string): Outcome {
  const account = principal === null ? '' : ' that names the account and offers to use another'
  const answer = wantsPage ? `a page${account}` : 'application/problem+json'
  return { outcome: 'denied', reason, sentence, status: 403, answer }
}

/** As http/verdict answers it. */
function insecure(admission: Admission): Outcome {
  const refused = denied(admission, 'insecure-scheme', denyReasons['insecure-scheme'])
  const { method } = admission
  return method === 'GET' || method === 'HEAD'
    ? { ...refused, status: 302, answer: 'the same page by https' }
    : refused
}

function unsendable(admission: Admission, { reason, detail }: Unsent): Outcome {
  const here = detail === null ? '' : ` Here: ${detail}.`
  switch (reason) {
    case 'identity-unsendable':
      return denied(admission, reason, denyReasons[reason] + here)
    case 'connection-options':
    case 'content-type-ambiguous':
      return verdict(admission, { kind: 'reject', status: 400, reason })
    case 'headers-too-large': {
      const outcome = verdict(admission, { kind: 'reject', status: 431, reason })
      return { ...outcome, sentence: outcome.sentence + here }
    }
  }
}
