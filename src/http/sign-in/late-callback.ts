import type { IncomingHttpHeaders } from 'node:http'
import { LoginFault } from '../../core/fault.ts'
import type { Gateway, Origin } from '../../core/gateway.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { readLanding, startOf } from '../../core/session/landing.ts'
import { isInStorage, type Transaction } from '../../core/session/transaction.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { Admission } from '../admission/admission.ts'
import { useSession } from '../admission/session-lookup.ts'
import { type Answer, frameOf, redirectAnswer } from '../pages/answer.ts'
import type { LinkedSignIn } from '../pages/login-link.ts'
import { takeFromStorage } from '../pages/storage.ts'
import type { RequestContext } from '../server/context.ts'
import { beginAgain } from './again.ts'
import { signInFailed } from './failure.ts'

export interface UselessCallback {
  readonly origin: Origin
  readonly headers: IncomingHttpHeaders
  /** Empty where none can be told. */
  readonly state: string
  /** Of this browser, but too old or used; null: none can be told. */
  readonly transaction: Transaction | null
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
  const found = await useSession(runtime, origin, headers)
  if (found.kind === 'live') {
    const { signIn } = found.session
    const isOfIt = state !== '' && signIn.stateHash === stateHash(state)
    const wanted = isOfIt ? signIn.returnTo : transaction?.returnTo
    if (wanted !== undefined && isInStorage(wanted) && admission.wantsPage)
      return fromStorage(runtime, admission, origin, stateHash(state))
    return redirectAnswer(readLanding(wanted, origin, runtime.gateway.authPrefix))
  }
  const message = `the callback belongs to no sign-in of this browser: ${why}`
  const fault = new LoginFault('LOGIN_STATE_UNKNOWN', message)
  const again =
    transaction === null
      ? null
      : await beginAgain(context, admission, { origin, headers, transaction }, fault)
  if (again !== null) return again
  return signInFailed(context, admission, fault, wantedBy(transaction, origin, runtime.gateway))
}

/** What a link to start again is for: the same page, asking for the same. */
export function wantedBy(
  transaction: Pick<Transaction, 'returnTo' | 'wish'> | null,
  origin: Origin,
  { authPrefix }: Gateway,
): LinkedSignIn {
  const returnTo = readLanding(transaction?.returnTo, origin, authPrefix)
  return { returnTo, wish: transaction?.wish ?? plainWish }
}

/** The browser alone knows the page that was wanted: see `pages/storage`. */
export function fromStorage(
  { gateway, random }: RequestContext['runtime'],
  admission: Admission,
  origin: Origin,
  hash: string,
): Answer {
  return takeFromStorage({
    ...frameOf(admission),
    stateHash: hash,
    action: `${gateway.authPrefix}/login`,
    start: startOf(origin),
    nonce: random(18).toString('base64url'),
  })
}
