import type { IncomingHttpHeaders } from 'node:http'
import { isFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { redirectUriOf } from '../../core/request/redirect-uri.ts'
import type { AuthorizationWish } from '../../core/session/authorization-wish.ts'
import { keepsTokens } from '../../core/session/kept-tokens.ts'
import type { KnownAttempt } from '../../core/session/past-attempts.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import { keyOfAttempt, type WantedPage } from '../../core/session/storage-key.ts'
import { isKeptAttempt } from '../../core/session/transaction.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { Admission } from '../admission/admission.ts'
import { readSessionCookie } from '../admission/session-cookies.ts'
import { type Answer, frameOf, redirectAnswer, withCookies } from '../pages/answer.ts'
import { faultAnswer } from '../pages/fault-answer.ts'
import { keepInStorage } from '../pages/storage.ts'
import type { RequestContext } from '../server/context.ts'
import { appAt, appOfPage } from './attempt.ts'
import { attemptCookies, beginAttempt, sessionSent } from './attempt-cookies.ts'
import { tellOfFailure } from './failure.ts'
import { loginHint } from './login-hint.ts'
import { passedTo } from './passed-parameters.ts'

export interface SignInRequest {
  readonly provider: string
  readonly page: WantedPage
  /** What was asked for beyond it; of the parameters that a link brought the provider is handed those that it lists. */
  readonly wish: AuthorizationWish
  /** It begins by itself, in place of one that came to nothing: no third follows. */
  readonly isSecond: boolean
  /** That one: this browser goes on knowing what it was for, should it come again. */
  readonly insteadOf?: KnownAttempt
}

/** Begins a transaction: sealed into a cookie of this browser, nothing is kept on the server. */
export async function startSignIn(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  request: SignInRequest,
): Promise<Answer> {
  const { runtime, log, metrics } = context
  const { origin } = admission
  const provider = runtime.providers.get(request.provider)
  const settings = runtime.gateway.providers.get(request.provider)
  if (origin === null || provider === undefined || settings === undefined)
    throw new Error('a sign-in without a provider')
  const session = readSessionCookie(runtime.gateway, origin, headers)
  const replaces = session.kind === 'one' ? runtime.sessions.keyOf(session.value, origin) : null
  const { page, isSecond } = request
  const returnTo = page.isWhole ? page.returnTo : null
  // Whoever signs in for a form, or for their own keys, comes to a page of ours.
  const { form, keyForm } = request.wish
  const isWanted = form === null && keyForm === undefined && keepsFragment(admission, origin, page.returnTo)
  const isKept = page.keptAs !== null || isWanted
  const wish = { ...request.wish, passed: passedTo(settings, request.wish.passed) }
  const sent = sessionSent(runtime, origin, headers)
  const asked = { provider: settings, returnTo, isKept, origin: origin.origin, replaces, isSecond, wish }
  const { transaction, cookie } = beginAttempt(runtime, origin, asked, sent)
  try {
    const redirectUri = redirectUriOf(origin, settings.name).uri
    const toRefresh = keepsTokens(origin, settings).refresh
    const hint = wish.stepUp === null ? null : await loginHint(runtime, { origin, headers, transaction })
    const named = hint === null ? wish : { ...wish, passed: new Map([...wish.passed, ['login_hint', hint]]) }
    const url = await provider.authorizationUrl(transaction, redirectUri, named, toRefresh)
    metrics.login(provider.name, 'started')
    log.event('info', 'login.started', {
      request_id: admission.requestId,
      provider: provider.name,
      redirect_uri: redirectUri,
    })
    const answer = isKeptAttempt(transaction)
      ? keepInStorage({
          ...frameOf(admission),
          key: keyOfAttempt(stateHash(transaction.state)),
          page: page.returnTo,
          from: page.keptAs,
          // What follows the callback's own address is the provider's.
          takesFragment: request.insteadOf === undefined,
          to: url,
        })
      : redirectAnswer(url.href, statusOf(admission))
    const { responseMode } = settings
    const begun = { cookie, session: sent, responseMode, insteadOf: request.insteadOf ?? null }
    return withCookies(answer, attemptCookies(context, origin, headers, begun))
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    const app = appOfPage(origin, page.returnTo)
    tellOfFailure(context, admission, thrown, { provider: provider.name, app })
    return faultAnswer(admission, thrown)
  }
}

/** Whether the app of a page wants the fragment kept. Nobody who asks for headers alone has one. */
function keepsFragment({ method }: Admission, origin: Origin, page: ReturnTo): boolean {
  return method !== 'HEAD' && appAt(origin, page)?.keepFragment === true
}

/** After a form no provider is to be sent the form as well (RFC 9700 4.12). */
function statusOf({ method }: Admission): 302 | 303 {
  return method === 'GET' || method === 'HEAD' ? 302 : 303
}
