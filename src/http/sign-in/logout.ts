import type { IncomingHttpHeaders } from 'node:http'
import { type AnyFault, isFault } from '../../core/fault.ts'
import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import { findProvider } from '../../core/provider-id.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import { readLanding } from '../../core/session/landing.ts'
import type { Session } from '../../core/session/session.ts'
import type { SessionLookup } from '../../runtime/sessions.ts'
import type { Admission } from '../admission/admission.ts'
import { readSessionCookies, readSignOutMarks } from '../admission/session-cookies.ts'
import { lookUpSession, sessionOfPage } from '../admission/session-lookup.ts'
import { reportFault } from '../operations/report-fault.ts'
import { accountOf } from '../pages/account.ts'
import {
  type Answer,
  frameOf,
  pageAnswer,
  redirectAnswer,
  refusal,
  withCookies,
  withHeaders,
} from '../pages/answer.ts'
import { forbidden } from '../pages/forbidden.ts'
import { confirmSignOutPage, movingOnPage, signedOutPage } from '../pages/pages.ts'
import type { RequestContext } from '../server/context.ts'
import { deleteCookie, deleteSessionCookies, type SetCookie, setSignOutMark } from './cookie.ts'
import { isFromOwnPage } from './own-form.ts'
import { sessionsAddress } from './own-sessions.ts'
import { readReturn, rememberReturn, returnCookieName } from './sign-out-return.ts'

/** GET: asks, and changes nothing, so that no link, picture or prefetch of another site signs anybody out. */
export async function askToLogOut(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const { runtime } = context
  const { origin, target } = admission
  if (origin === null || target === null) return refusal(admission, 404, 'address-unknown')
  const session = await liveSession(context, admission, () =>
    sessionOfPage(runtime, origin, admission, headers),
  )
  const wanted = new URLSearchParams(target.query).get('return_to')
  const returnTo = readLanding(wanted, origin, runtime.gateway.authPrefix)
  const page = confirmSignOutPage({
    ...frameOf(admission),
    account: session === null ? null : accountOf(providerOf(context, origin, session), session),
    action: `${runtime.gateway.authPrefix}/logout`,
    fields: wanted === null ? {} : { return_to: returnTo },
    cancelHref: returnTo,
    sessionsHref: session === null ? null : sessionsAddress(runtime.gateway),
  })
  // With `no-referrer` a browser sends `Origin: null` even to ourselves, and the POST could not be told from a forged one.
  return withHeaders(pageAnswer(200, page), { 'referrer-policy': 'same-origin' })
}

/**
 * POST: ends the session here first, so that a provider that does not answer keeps nobody signed in, then at the
 * provider. Only from our own page: the browser must say so (Sec-Fetch-Site, or Origin where it is not sent). The
 * browser's cookies are cleared whatever the store does; where it did not end the session, the page says so.
 */
export async function logOut(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
): Promise<Answer> {
  const { runtime } = context
  const { origin } = admission
  if (origin === null) return refusal(admission, 404, 'address-unknown')
  if (!isFromOwnPage(headers, origin)) return forbidden(runtime.gateway, admission, 'cross-site')
  // No use of the session: else its provider might be asked for it first, and a sign-out waits for nobody.
  const session = await liveSession(context, admission, () => lookUpSession(runtime, origin, headers))
  const lastRecord = session === null ? null : await newestRecord(context, admission, session)
  const everywhere = await endSessions(context, admission, origin, headers)
  // Behind the answer: a provider that is slow or away delays no sign-out, and keeps nobody signed in.
  if (lastRecord !== null) runtime.renewals.revoke(lastRecord)
  const cleared = [
    ...sessionGone(context, origin, headers),
    ...transactionCookies(headers.cookie, origin.cookies).map(({ name }) =>
      deleteCookie(origin.cookies, name),
    ),
  ]
  const returnTo = readLanding(form.get('return_to'), origin, runtime.gateway.authPrefix)
  const state = runtime.random(24).toString('base64url')
  const url = session === null ? null : await endSessionUrl(context, admission, { session, origin, state })
  const after = rememberReturn(context, origin, state, form.has('return_to') ? returnTo : null)
  const provider = session === null || url !== null ? null : providerOf(context, origin, session)
  if (!everywhere) {
    const stillAt = provider?.label ?? null
    const page = signedOutPage({
      ...frameOf(admission),
      signInHref: null,
      providerUrl: url,
      stillAt,
      everywhere,
    })
    return withCookies(withHeaders(pageAnswer(200, page), forgetPages), [...cleared, ...after])
  }
  if (url !== null) {
    const page = movingOnPage({ ...frameOf(admission), why: 'signing-out', to: url })
    return withCookies(withHeaders(pageAnswer(200, page), forgetPages), [...cleared, ...after])
  }
  // The page says at which provider one is still signed in: it has no sign-out, or could not be asked for it.
  const still = provider === null ? '' : `?provider=${encodeURIComponent(provider.name)}`
  const local = form.has('return_to') ? returnTo : `${runtime.gateway.authPrefix}/logged-out${still}`
  return withCookies(withHeaders(redirectAnswer(local), forgetPages), cleared)
}

/** No session any more, and the mark that keeps it so where an answer under way may bring its cookie back. */
function sessionGone(
  { runtime: { gateway, sessions } }: RequestContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
): readonly SetCookie[] {
  const gone = deleteSessionCookies(origin.cookies, headers.cookie)
  if (sessions.marks === null) return gone
  const cookieValues = readSessionCookies(gateway, origin, headers)
  const marks = readSignOutMarks(gateway, origin, headers)
  return [...gone, setSignOutMark(gateway, origin, sessions.marks.after({ cookieValues, marks }, origin))]
}

/**
 * Pages of the app that the browser keeps, so that its back button shows none of them to the next person. Not
 * "cookies": that would reach into every app of the domain.
 */
const forgetPages = { 'clear-site-data': '"cache"' }

/**
 * Where a sign-out ends. With the state that we gave, on to the page that was asked for; else a page that says so, and
 * at which provider of the origin one is still signed in.
 */
export function loggedOut(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Answer {
  const { runtime } = context
  const { origin, target } = admission
  if (origin === null || target === null) return refusal(admission, 404, 'address-unknown')
  const name = returnCookieName(origin)
  const sent = transactionCookies(headers.cookie, origin.cookies).filter((cookie) => cookie.name === name)
  const cleared: readonly SetCookie[] = sent.length === 0 ? [] : [deleteCookie(origin.cookies, name)]
  const query = new URLSearchParams(target.query)
  const returnTo = readReturn(context, origin, sent[0]?.value, query.get('state'))
  const named = origin.providers.find((provider) => provider === query.get('provider')) ?? ''
  const stillAt = runtime.gateway.providers.get(named)?.label ?? null
  // Else whoever signs in again comes back as the same person, and nobody is asked anything.
  const signInHref = `${runtime.gateway.authPrefix}/login${stillAt === null ? '' : '?account=other'}`
  const page = signedOutPage({ ...frameOf(admission), signInHref, stillAt, everywhere: true })
  return withCookies(returnTo === null ? pageAnswer(200, page) : redirectAnswer(returnTo), cleared)
}

/**
 * All that the browser sent, also those that make nobody signed in: one of two, or one of a provider that is gone.
 * False when the store did not end one of them: that one is none in this process, and ends when the store answers.
 */
async function endSessions(
  context: RequestContext,
  admission: Admission,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Promise<boolean> {
  const { sessions, gateway } = context.runtime
  let everywhere = true
  for (const value of readSessionCookies(gateway, origin, headers)) {
    const key = sessions.keyOf(value, origin)
    if (key === null) continue
    const client = admission.clientAddress ?? undefined
    const fields = { request_id: admission.requestId, client, session: key, how: 'sign-out' }
    try {
      if (await sessions.end({ key })) context.log.event('info', 'session.ended', fields)
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown
      everywhere = false
      tellOfStore(context, admission, thrown)
    }
  }
  return everywhere
}

function tellOfStore(context: RequestContext, { requestId, app }: Admission, fault: AnyFault): void {
  reportFault(context, 'store.failed', fault, { request_id: requestId, app: app?.name })
}

async function endSessionUrl(
  context: RequestContext,
  { requestId }: Admission,
  { session, origin, state }: { readonly session: Session; readonly origin: Origin; readonly state: string },
): Promise<URL | null> {
  const settings = providerOf(context, origin, session)
  const provider = settings === null ? undefined : context.runtime.providers.get(settings.name)
  if (provider === undefined) return null
  try {
    return await provider.endSessionUrl(
      session.idToken === '' ? null : session.idToken,
      origin.postLogoutRedirectUri,
      state,
    )
  } catch (thrown) {
    reportFault(context, 'provider.failed', thrown, { request_id: requestId, provider: provider.name })
    return null
  }
}

function providerOf({ runtime }: RequestContext, origin: Origin, session: Session): ProviderSettings | null {
  return findProvider(runtime.gateway.providers, origin.providers, session)
}

/** Null too when the store does not answer: nobody needs to be known to sign out. */
async function liveSession(
  context: RequestContext,
  admission: Admission,
  look: () => Awaitable<SessionLookup>,
): Promise<Session | null> {
  try {
    const found = await look()
    return found.kind === 'live' ? found.session : null
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    tellOfStore(context, admission, thrown)
    return null
  }
}

/**
 * As it rests in the store: another process may have got a new refresh token meanwhile, and to revoke the one before ends
 * nothing at the provider. What is known here where the store does not say.
 */
async function newestRecord(
  context: RequestContext,
  admission: Admission,
  session: Session,
): Promise<Session> {
  if (session.tokens.refresh === null) return session
  try {
    return (await context.runtime.store.load(session.key)) ?? session
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    tellOfStore(context, admission, thrown)
    return session
  }
}
