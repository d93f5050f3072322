import type { IncomingHttpHeaders } from 'node:http'
import { type AnyFault, type FaultCode, isFault, LoginFault } from '../../core/fault.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import { type Outcome, type OutcomeOf, openOutcome, sealOutcome } from '../../core/session/outcome.ts'
import { clockToleranceSeconds } from '../../core/session/session.ts'
import { readTransaction } from '../../core/session/transaction.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { Admission } from '../admission/admission.ts'
import { readSignOutMarks } from '../admission/session-cookies.ts'
import { type Answer, refusal, withCookies } from '../pages/answer.ts'
import type { RequestContext } from '../server/context.ts'
import { beginAgain, mayHelp } from './again.ts'
import { signedIn } from './arrival.ts'
import { attemptOf } from './attempt.ts'
import { type Coming, complete } from './completion.ts'
import { deleteCookie, type SetCookie } from './cookie.ts'
import { isWorthAnother, signInFailed, tooManyFailures } from './failure.ts'
import { failedOf, nothingToDo } from './late-callback.ts'
import { pastAttempt, remembering } from './past-attempts.ts'
import { accountBefore } from './step-up-return.ts'

/**
 * The redirect URI: the browser comes back from the provider. In this order, and nothing is asked of the provider
 * before all of it holds: one state, its cookie in this browser, opened, fresh, from a network that does not only fail,
 * never used; then the attempt is spent and its cookie cleared whatever comes, and the answer must be one of the very
 * provider that was asked. Then the code is exchanged, and a new session replaces the one that was there. Whoever comes
 * with the same attempt again comes to the same.
 */
export async function callback(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  parameters: URLSearchParams,
): Promise<Answer> {
  const { runtime, metrics } = context
  const { origin } = admission
  if (origin === null) return refusal(admission, 404, 'address-unknown')
  const states = parameters.getAll('state')
  const state = states.length > 1 ? '' : (states[0] ?? '')
  const cookies = transactionCookies(headers.cookie, origin.cookies)
  const read = readTransaction(runtime.ring, { cookies, state, origin: origin.origin }, origin.cookies, {
    now: runtime.clock.now(),
    timeoutSeconds: runtime.gateway.session.signInTimeoutSeconds,
  })
  const attempt =
    read.ok || read.reason === 'expired' ? read.transaction : pastAttempt(context, origin, headers, state)
  const cleared = read.cookie === null ? [] : [deleteCookie(origin.cookies, read.cookie)]
  const come = { origin, headers, parameters, cleared }
  try {
    if (read.ok) return await ofThisBrowser(context, admission, { ...come, transaction: read.transaction })
    const useless = { origin, headers, state, why: read.reason, transaction: attempt }
    return withCookies(await nothingToDo(context, admission, useless), cleared)
  } catch (thrown) {
    const failed = failedOf(context, admission, { origin, headers }, attempt)
    // Nothing is spent, or nobody knows: the attempt stays, for whoever comes again when the store is back.
    if (isFault(thrown)) return signInFailed(context, admission, thrown, failed)
    metrics.login(failed.of.provider, 'failed')
    throw thrown
  }
}

/** The attempt is this browser's, and fresh: it is spent, once, unless this network only fails. */
async function ofThisBrowser(
  context: RequestContext,
  admission: Admission,
  coming: Coming & { readonly cleared: readonly SetCookie[] },
): Promise<Answer> {
  const { runtime } = context
  const { origin, headers, transaction, cleared } = coming
  const refusedForMs = runtime.signInFailures.refusedForMs(admission.network, runtime.clock.monotonicMs())
  if (refusedForMs > 0) {
    const of = attemptOf(runtime.gateway, admission, transaction)
    return withCookies(tooManyFailures(context, admission, of, Math.ceil(refusedForMs / 1000)), [
      ...cleared,
      ...remembering(context, origin, headers, [transaction]),
    ])
  }
  const hash = stateHash(transaction.state)
  const until = transaction.startedAt + runtime.gateway.session.signInTimeoutSeconds + clockToleranceSeconds
  const answer = (await runtime.spentStates.spend(hash, until))
    ? await firstTime(context, admission, coming)
    : await oneMoreTime(context, admission, coming)
  return withCookies(answer, cleared)
}

/** What it comes to is kept, so that whoever comes again with the same attempt comes to the same. */
async function firstTime(context: RequestContext, admission: Admission, coming: Coming): Promise<Answer> {
  const { runtime } = context
  const { origin, headers, transaction } = coming
  const keep = (outcome: Outcome) => {
    const sealed = sealOutcome(runtime.ring, outcomeOf(coming), outcome, runtime.random)
    return runtime.spentStates.keep(stateHash(transaction.state), sealed)
  }
  try {
    const cookieValue = await complete(context, admission, coming)
    await keep({ kind: 'signed-in', cookieValue })
    return signedIn(context, admission, { origin, headers, transaction, cookieValue })
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    await keep({ kind: 'failed', code: thrown.code })
    if (failedAtProvider(thrown.code))
      runtime.signInFailures.failed(admission.network, runtime.clock.monotonicMs())
    return failedOnce(context, admission, coming, thrown)
  }
}

/**
 * The same attempt once more: a stopped page that was clicked again, a form that was sent twice. It waits for the first
 * and goes where that goes; the provider is not asked again, and a session that has ended meanwhile does not come back.
 */
async function oneMoreTime(context: RequestContext, admission: Admission, coming: Coming): Promise<Answer> {
  const { runtime } = context
  const { origin, headers, transaction } = coming
  const hash = stateHash(transaction.state)
  const sealed = await runtime.spentStates.outcome(hash)
  const outcome = sealed === null ? null : openOutcome(runtime.ring, outcomeOf(coming), sealed)
  if (outcome?.kind === 'signed-in') {
    const { cookieValue } = outcome
    const marks = readSignOutMarks(runtime.gateway, origin, headers)
    const found = await runtime.sessions.lookUp(cookieValue, origin, marks)
    if (found.kind === 'live')
      return signedIn(context, admission, { origin, headers, transaction, cookieValue })
  }
  if (outcome?.kind === 'failed') {
    const fault = new LoginFault(
      outcome.code,
      'the callback came again; what failed the first time is told there',
    )
    return failedOnce(context, admission, coming, fault)
  }
  return nothingToDo(context, admission, {
    ...{ origin, headers, state: transaction.state, why: 'already-used', transaction },
  })
}

/** What may help by itself is tried once; else a page says what does. */
async function failedOnce(
  context: RequestContext,
  admission: Admission,
  coming: Coming,
  fault: AnyFault,
): Promise<Answer> {
  const again = mayHelp(fault.code) ? await beginAgain(context, admission, coming, fault) : null
  if (again !== null) return again
  const { origin, headers, transaction } = coming
  const failed = failedOf(context, admission, { origin, headers }, transaction)
  const account = await accountBefore(context, fault, { origin, headers, transaction })
  const page = signInFailed(context, admission, fault, { ...failed, account })
  // Whoever loads the page anew tries again, where that may help.
  const known = admission.wantsPage && isWorthAnother(fault.code) ? [transaction] : []
  return withCookies(page, remembering(context, origin, headers, known))
}

function outcomeOf({ origin, transaction }: Coming): OutcomeOf {
  return { stateHash: stateHash(transaction.state), origin: origin.origin, names: origin.cookies }
}

/**
 * What a code that is not the provider's ends in. Neither what is refused before the provider is asked, nor a provider
 * that is down: those would keep people out who have done nothing.
 */
function failedAtProvider(code: FaultCode): boolean {
  switch (code) {
    case 'LOGIN_CODE_REFUSED':
    case 'LOGIN_CLOCK_DIFFERS':
    case 'LOGIN_TOKEN_INVALID':
    case 'LOGIN_USERINFO_INVALID':
    case 'PROVIDER_CLIENT_REFUSED':
    case 'PROVIDER_RESPONSE_INVALID':
      return true
    default:
      return false
  }
}
