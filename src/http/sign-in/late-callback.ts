import type { IncomingHttpHeaders } from 'node:http'
import { type AnyFault, LoginFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { readLanding, startOf } from '../../core/session/landing.ts'
import type { KnownAttempt } from '../../core/session/past-attempts.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import { keyOfAttempt, wantedPage } from '../../core/session/storage-key.ts'
import { isKeptAttempt, isSecondAttempt } from '../../core/session/transaction.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { Admission } from '../admission/admission.ts'
import { ownerOfCookie } from '../admission/form-holder.ts'
import { lookUpSession } from '../admission/session-lookup.ts'
import { type Answer, frameOf, redirectAnswer, withCookies } from '../pages/answer.ts'
import { type LinkedSignIn, loginLink } from '../pages/login-link.ts'
import { lookUp } from '../pages/scripts.ts'
import { takeFromStorage } from '../pages/storage.ts'
import type { RequestContext } from '../server/context.ts'
import { beginAgain, pageOf } from './again.ts'
import { attemptOf } from './attempt.ts'
import { type Failed, signInFailed } from './failure.ts'
import { formLoginLink } from './form-links.ts'
import { toOwnPage } from './own-page.ts'
import { remembering } from './past-attempts.ts'
import { stepUpLink } from './step-up-link.ts'

export interface UselessCallback {
  readonly origin: Origin
  readonly headers: IncomingHttpHeaders
  /** Empty where none can be told. */
  readonly state: string
  /** Of this browser, but too old, used or evicted; null: none can be told. */
  readonly transaction: KnownAttempt | null
  /** For the log. */
  readonly why: string
}

/**
 * A callback that comes late, from an evicted attempt or from another browser. Whoever is signed in goes on to the page
 * of that attempt; an attempt of this browser begins again by itself; the others may. The provider is never asked.
 */
export async function nothingToDo(
  context: RequestContext,
  admission: Admission,
  { origin, headers, state, transaction, why }: UselessCallback,
): Promise<Answer> {
  const { runtime } = context
  const found = await lookUpSession(runtime, origin, headers)
  if (found.kind === 'live') {
    const { signIn, key: session } = found.session
    const account = ownerOfCookie(runtime, origin, headers)?.account ?? null
    const wish = transaction?.wish ?? null
    const own = toOwnPage(runtime, admission, origin, { wish, arrived: { session, account } })
    if (own !== null) return own
    const isOfIt = state !== '' && signIn.stateHash === stateHash(state)
    const wanted = isOfIt ? signIn.returnTo : transaction?.returnTo
    const start = readLanding(wanted, origin, runtime.gateway.authPrefix)
    if (!isKeptAttempt({ state }) || !admission.wantsPage) return redirectAnswer(start)
    return fromStorage(runtime, admission, { hash: stateHash(state), start })
  }
  const message = `the callback belongs to no sign-in of this browser: ${why}`
  const fault = new LoginFault('LOGIN_STATE_UNKNOWN', message)
  const again =
    transaction === null
      ? null
      : await beginAgain(context, admission, { origin, headers, transaction }, fault)
  if (again !== null) return again
  if (transaction !== null)
    return withCookies(
      signInFailed(context, admission, fault, failedOf(context, admission, { origin, headers }, transaction)),
      remembering(context, origin, headers, admission.wantsPage ? [transaction] : []),
    )
  return unknownHere(context, admission, { origin, headers, state }, fault)
}

/**
 * Where no cookie knows the attempt, this tab's storage may: then a second one begins, for the page that is there. Not
 * for a link of somebody else, as nothing is there under its state; and not where none of it is kept at all.
 */
function unknownHere(
  context: RequestContext,
  admission: Admission,
  { origin, headers, state }: Pick<UselessCallback, 'origin' | 'headers' | 'state'>,
  fault: AnyFault,
): Answer {
  const { authPrefix } = context.runtime.gateway
  const failed = failedOf(context, admission, { origin, headers }, null)
  if (!isKeptAttempt({ state })) return signInFailed(context, admission, fault, failed)
  const key = keyOfAttempt(stateHash(state))
  const { provider } = failed.of
  const page = { returnTo: startOf(origin), isWhole: false, keptAs: key }
  const linked = provider === null ? { page } : { page, provider }
  const script = isSecondAttempt({ state })
    ? null
    : lookUp(key, loginLink(authPrefix, { ...linked, isSecond: true }).href)
  return signInFailed(context, admission, fault, { ...failed, wanted: linked }, script)
}

/**
 * What came to nothing: whose it was, and what a link to start again is for, which is the same page, asking for the
 * same; where the origin begins, when nobody knows the attempt.
 */
export function failedOf(
  { runtime }: RequestContext,
  admission: Admission,
  { origin, headers }: Pick<UselessCallback, 'origin' | 'headers'>,
  attempt: KnownAttempt | null,
): Failed {
  const { gateway } = runtime
  const { form, account } = attempt?.wish ?? plainWish
  const wanted: LinkedSignIn =
    attempt === null
      ? { page: wantedPage(startOf(origin)) }
      : {
          page: pageOf(attempt, origin, gateway.authPrefix),
          wish: attempt.wish ?? plainWish,
          stepUp: stepUpLink(runtime, origin, attempt, attempt.wish),
          form: form === null ? null : formLoginLink(runtime, origin, headers, { form, account }),
        }
  return { wanted, of: attemptOf(gateway, admission, attempt) }
}

/** The browser alone knows all of the page that was wanted: see `pages/storage`. `start`: what is known here. */
export function fromStorage(
  { gateway }: RequestContext['runtime'],
  admission: Admission,
  { hash, start }: { readonly hash: string; readonly start: ReturnTo },
): Answer {
  return takeFromStorage({
    ...frameOf(admission),
    key: keyOfAttempt(hash),
    action: `${gateway.authPrefix}/login`,
    start,
  })
}
