import type { Origin } from '../../core/gateway.ts'
import { readLanding } from '../../core/session/landing.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import { isKeptAttempt } from '../../core/session/transaction.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, frameOf, pageAnswer, redirectAnswer, withCookies } from '../pages/answer.ts'
import { movingOnPage } from '../pages/pages.ts'
import type { RequestContext } from '../server/context.ts'
import { type Coming, cameBy } from './completion.ts'
import type { SetCookie } from './cookie.ts'
import { fromStorage } from './late-callback.ts'
import { roundCompleted } from './login-loop.ts'
import { newSessionCookies } from './new-session.ts'
import { toOwnPage } from './own-page.ts'

/** The answer to a callback that ended in a session: its cookies, and on to the page that the sign-in was for. */
export function signedIn(
  { runtime }: RequestContext,
  admission: Admission,
  {
    origin,
    headers,
    transaction,
    cookieValue,
  }: Pick<Coming, 'origin' | 'headers' | 'transaction'> & { readonly cookieValue: string },
): Answer {
  const { state, startedAt } = transaction
  const kind = transaction.wish?.stepUp ? 'step-up' : 'sign-in'
  const round = { responseMode: cameBy(admission), startedAt, now: runtime.clock.now(), kind } as const
  const cookies = [
    ...newSessionCookies(runtime, origin, headers, { cookieValue, state }),
    roundCompleted(headers, origin, round),
  ]
  const { sessions } = runtime
  const account = sessions.ownerOf(cookieValue, origin)?.account ?? null
  const arrived = { session: sessions.keyOf(cookieValue, origin), account }
  const own = toOwnPage(runtime, admission, origin, { wish: transaction.wish, arrived })
  if (own !== null) return withCookies(own, cookies)
  const to = readLanding(transaction.returnTo, origin, runtime.gateway.authPrefix)
  if (!isKeptAttempt(transaction)) return arrive(admission, origin, to, cookies)
  const kept = { hash: stateHash(transaction.state), start: to }
  return withCookies(fromStorage(runtime, admission, kept), cookies)
}

/** A Strict cookie is not sent on the redirect that another site began: a page of our own moves on instead. */
function arrive(admission: Admission, origin: Origin, to: ReturnTo, cookies: readonly SetCookie[]): Answer {
  const answer =
    origin.cookies.sameSite === 'Strict'
      ? pageAnswer(200, movingOnPage({ ...frameOf(admission), why: 'signed-in', to }))
      : redirectAnswer(to)
  return withCookies(answer, cookies)
}
