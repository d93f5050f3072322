import type { IncomingHttpHeaders } from 'node:http'
import { type AnyFault, type FaultCode, isFault, LoginFault } from '../../core/fault.ts'
import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import { findProvider } from '../../core/provider-id.ts'
import { type Address, readAddress } from '../../core/request/address.ts'
import { redirectUriOf } from '../../core/request/redirect-uri.ts'
import { clientWords } from '../../core/session/client-words.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import { readLanding } from '../../core/session/landing.ts'
import { type Outcome, type OutcomeOf, openOutcome, sealOutcome } from '../../core/session/outcome.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { Sealed } from '../../core/session/seal.ts'
import { clockToleranceSeconds } from '../../core/session/session.ts'
import { isKeptAttempt, readTransaction, type Transaction } from '../../core/session/transaction.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { Admission } from '../admission/admission.ts'
import { readSessionCookie, readSignOutMarks } from '../admission/session-cookies.ts'
import { noteUnverifiedEmail } from '../operations/unverified-email.ts'
import { type Answer, frameOf, pageAnswer, redirectAnswer, refusal, withCookies } from '../pages/answer.ts'
import { movingOnPage } from '../pages/pages.ts'
import type { RequestContext } from '../server/context.ts'
import { beginAgain, mayHelp } from './again.ts'
import { attemptOf } from './attempt.ts'
import { deleteCookie, type SetCookie } from './cookie.ts'
import { isWorthAnother, signInFailed, tooManyFailures } from './failure.ts'
import { failedOf, fromStorage, nothingToDo } from './late-callback.ts'
import { roundCompleted } from './login-loop.ts'
import { newSessionCookies } from './new-session.ts'
import { toOwnPage } from './own-page.ts'
import { pastAttempt, remembering } from './past-attempts.ts'
import { accountBefore, checkStepUp } from './step-up-return.ts'

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

/** A callback whose attempt is of this browser, and fresh. */
interface Coming {
  readonly origin: Origin
  readonly headers: IncomingHttpHeaders
  readonly parameters: URLSearchParams
  readonly transaction: Transaction
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

/** The code for a session: its cookie's value. */
async function complete(
  context: RequestContext,
  admission: Admission,
  { origin, headers, parameters, transaction }: Coming,
): Promise<Sealed> {
  const { runtime, log, metrics } = context
  const settings = askedProvider(context, origin, transaction)
  const redirectUri = redirectUriOf(origin, settings.name)
  if (redirectUri.path !== admission.target?.path) {
    const message = `the answer to a sign-in with ${settings.name} came to the redirect URI of another provider`
    throw new LoginFault('LOGIN_RESPONSE_INVALID', message)
  }
  if (settings.responseMode !== cameBy(admission)) {
    const message = 'the provider answered in another response_mode than configured'
    throw new LoginFault('LOGIN_RESPONSE_INVALID', message)
  }
  const provider = runtime.providers.get(settings.name)
  if (provider === undefined) throw new Error('a provider that is configured and not there')
  const now = runtime.clock.now()
  const { network } = admission
  const identity = await provider.exchange(parameters, transaction, redirectUri.uri, now, network)
  await checkStepUp(runtime, { origin, headers, transaction }, identity, now)
  const previous = readSessionCookie(runtime.gateway, origin, headers)
  const started = await runtime.sessions.start({
    identity,
    transaction,
    origin,
    previousCookie: previous.kind === 'one' ? previous.value : null,
    client: clientWords(headers, addressOf(admission)),
    marks: readSignOutMarks(runtime.gateway, origin, headers),
  })
  metrics.login(provider.name, 'completed')
  const { user: subject, key: session } = started.session
  log.event('info', 'login.completed', {
    request_id: admission.requestId,
    client: admission.clientAddress ?? undefined,
    subject,
    provider: provider.name,
    session,
  })
  noteUnverifiedEmail(log, { settings, origin, claims: identity.claims })
  for (const key of started.displaced)
    log.event('info', 'session.displaced', { request_id: admission.requestId, subject, session: key })
  return started.cookieValue
}

/** Null too for a proxy that nobody trusts: it is not from there that people sign in. */
function addressOf({ clientAddress, network }: Admission): Address | null {
  return clientAddress === null || network.hidden ? null : readAddress(clientAddress)
}

function signedIn(
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

/** The provider that the sign-in was begun with, whatever it is called now; another of its name never gets the code. */
function askedProvider(context: RequestContext, origin: Origin, transaction: Transaction): ProviderSettings {
  const found = findProvider(context.runtime.gateway.providers, origin.providers, transaction)
  if (found !== null) return found
  const message = 'the sign-in was begun with a provider that the configuration names no longer'
  throw new LoginFault('LOGIN_STATE_UNKNOWN', message)
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

/** A Strict cookie is not sent on the redirect that another site began: a page of our own moves on instead. */
function arrive(admission: Admission, origin: Origin, to: ReturnTo, cookies: readonly SetCookie[]): Answer {
  const answer =
    origin.cookies.sameSite === 'Strict'
      ? pageAnswer(200, movingOnPage({ ...frameOf(admission), why: 'signed-in', to }))
      : redirectAnswer(to)
  return withCookies(answer, cookies)
}

function cameBy({ method }: Admission): 'query' | 'form_post' {
  return method === 'POST' ? 'form_post' : 'query'
}
