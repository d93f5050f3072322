import type { IncomingHttpHeaders } from 'node:http'
import type { Decision } from '../../core/decision.ts'
import { LoginFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { isFramed, isOwnFrame } from '../../core/request/navigation.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { readLanding, readReferringPage, startOf } from '../../core/session/landing.ts'
import { type ReturnTo, readReturnTo } from '../../core/session/return-to.ts'
import { readStorageKey, type WantedPage, wantedPage } from '../../core/session/storage-key.ts'
import { isLong } from '../../core/session/transaction.ts'
import type { StepUp } from '../../core/step-up.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, frameOf, pageAnswer, redirectAnswer, refusal } from '../pages/answer.ts'
import { forbidden } from '../pages/forbidden.ts'
import { keepsFragment, linkBack } from '../pages/link-back.ts'
import { keptLink, loginLink } from '../pages/login-link.ts'
import { chooserPage, movingOnPage, signInFailedPage } from '../pages/pages.ts'
import { keepForLink, withScript } from '../pages/scripts.ts'
import { failureWords } from '../pages/sign-in-words.ts'
import { arriveWithFragment, askAgainWithFragment, keepInStorage } from '../pages/storage.ts'
import { unauthorizedFrame } from '../pages/unauthorized.ts'
import type { RequestContext } from '../server/context.ts'
import { type AttemptOf, appAt } from './attempt.ts'
import { tellOfFailure } from './failure.ts'
import { fittingProviders } from './fitting-providers.ts'
import { formLoginLink, readFormLoginLink } from './form-links.ts'
import { isLooping } from './login-loop.ts'
import { passedTo, readPassed } from './passed-parameters.ts'
import { type SignInRequest, startSignIn } from './start.ts'
import { readStepUpLink, stepUpWish } from './step-up-link.ts'

/** `/.auth/login?return_to=/path&provider=name`: to the provider, or to the chooser when several could be meant. */
export async function login(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const { runtime } = context
  const { origin, target } = admission
  if (origin === null || target === null) return refusal(admission, 404, 'address-unknown')
  // Only a navigation begins a sign-in: pictures of any page, a sibling's or the app's own, would push out one that is
  // under way. A browser that does not say what it does is taken for a person's.
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined && mode !== 'navigate') return refusal(admission, 403, 'not-a-navigation')
  // Nor does a frame: no provider can be framed, and one of another site would begin what nobody sees.
  if (isFramed(headers)) {
    if (!isOwnFrame(admission.method, headers)) return refusal(admission, 403, 'not-a-navigation')
    return unauthorizedFrame(
      runtime.gateway,
      admission,
      readReferringPage(headers.referer, origin, runtime.gateway.authPrefix) ?? startOf(origin),
    )
  }
  const query = new URLSearchParams(target.query)
  if (ownParameters.some((name) => query.getAll(name).length > 1)) {
    return refusal(admission, 400, 'parameter-repeated')
  }
  const linked = readStepUpLink(runtime, origin, query.get('step_up'))
  const returnTo = readLanding(query.get('return_to'), origin, runtime.gateway.authPrefix)
  const named = query.get('provider')
  if (named !== null && !origin.providers.includes(named)) return refusal(admission, 400, 'provider-unknown')
  const fitting = () => fittingProviders(runtime.gateway, origin, returnTo, admission)
  const offered = linked === null ? (named === null ? fitting() : [named]) : [linked.provider.name]
  const settings = offered.flatMap((name) => runtime.gateway.providers.get(name) ?? [])
  const read = readPassed(query, settings)
  if (!read.ok) return refusal(admission, 400, read.reason)
  const form = readFormLoginLink(runtime, origin, headers, query.get('form') ?? '')
  const otherAccount = query.get('account') === 'other'
  const wish = {
    page: readWantedPage(returnTo, query),
    wish: { ...(linked?.wish ?? { ...plainWish, ...form }), otherAccount, passed: read.passed },
    isSecond: query.get('attempt') === 'second',
  }
  const [provider, ...others] = offered
  if (provider !== undefined && others.length === 0) {
    return startSignIn(context, admission, headers, { provider, ...wish })
  }
  return chooser(context, admission, headers, offered, wish)
}

const ownParameters = [
  'return_to',
  'provider',
  'account',
  'kept',
  'fragment',
  'attempt',
  'form',
  'step_up',
] as const

/**
 * POST: a page of ours took up what the browser's storage kept, and hands it over to be checked as any `return_to` is.
 * It begins and changes nothing; the page that it answers moves on, since `form-action` forbids later redirects elsewhere.
 */
export function takeUp(
  { runtime }: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
): Answer {
  const { origin } = admission
  if (origin === null) return refusal(admission, 404, 'address-unknown')
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return forbidden(runtime.gateway, admission, 'cross-site')
  if (form.getAll('return_to').length > 1) return refusal(admission, 400, 'parameter-repeated')
  const to = readLanding(form.get('return_to'), origin, runtime.gateway.authPrefix)
  return arriveWithFragment({ ...frameOf(admission), to })
}

/** `kept`: the storage has the page, of which the path alone is told. `fragment`: the page is told, and the rest is there. */
function readWantedPage(returnTo: ReturnTo, query: URLSearchParams): WantedPage {
  const pageKey = readStorageKey(query.get('kept'))
  if (pageKey !== null) return { returnTo, isWhole: false, keptAs: pageKey }
  return { returnTo, isWhole: true, keptAs: readStorageKey(query.get('fragment')) }
}

/** One provider: the browser goes there at once. Several: to the chooser first. */
export function answerChallenge(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  providers: readonly string[],
  stepUp: StepUp | null = null,
): Promise<Answer> | Answer {
  const { target, session } = admission
  const { authPrefix } = context.runtime.gateway
  const returnTo = readReturnTo(target === null ? '/' : target.path + target.query, authPrefix)
  const [provider, ...others] = providers
  if (admission.origin !== null && hidesStrictCookie(headers, admission.origin)) {
    return askAgain(admission, authPrefix, returnTo)
  }
  const stepsUp = stepUp !== null && session !== null
  if (admission.origin !== null && isLooping(headers, admission.origin, stepsUp ? 'step-up' : 'sign-in')) {
    const only = others.length === 0 ? (provider ?? null) : null
    return looping(context, admission, { provider: only, app: admission.app?.name ?? null })
  }
  if (provider !== undefined && others.length === 0) {
    return startSignIn(context, admission, headers, {
      provider,
      page: wantedPage(returnTo),
      wish: stepsUp ? stepUpWish(context.runtime, session, stepUp) : plainWish,
      isSecond: false,
    })
  }
  return toChooser(admission, authPrefix, returnTo)
}

/** A redirect, or, as proxies take no long one, a page that keeps the address. */
function toChooser(admission: Admission, authPrefix: string, returnTo: ReturnTo): Answer {
  if (!isLong(returnTo))
    return redirectAnswer(loginLink(authPrefix, { page: wantedPage(returnTo) }).href, 302)
  const { href, keep } = keptLink(authPrefix, { page: returnTo })
  const kept = { key: keep.key, page: returnTo, from: null, takesFragment: true }
  return keepInStorage({ ...frameOf(admission), ...kept, to: href })
}

/** The same address once more, by a page of our own. */
function askAgain(admission: Admission, authPrefix: string, to: ReturnTo): Answer {
  const frame = frameOf(admission)
  return admission.app?.keepFragment === true
    ? askAgainWithFragment({ ...frame, action: `${authPrefix}/login`, to })
    : pageAnswer(200, movingOnPage({ ...frame, why: 'from-a-link', to }))
}

/**
 * A link of another site brings no Strict cookie, whether there is one or not. A page of ours that asks for the same
 * address again does: nobody who is signed in has to sign in anew for a link.
 */
function hidesStrictCookie(headers: IncomingHttpHeaders, origin: Origin): boolean {
  return origin.cookies.sameSite === 'Strict' && headers['sec-fetch-site'] === 'cross-site'
}

function looping(context: RequestContext, admission: Admission, of: AttemptOf): Answer {
  const { reason } = admission.decision
  const why = whyAgain(reason)
  const message = `a browser signed in again and again within a minute, and still came with ${reason}: ${why.message}`
  const fault = new LoginFault('LOGIN_LOOP', message)
  tellOfFailure(context, admission, fault, of)
  const link = linkBack(context.runtime.gateway, admission, keepsFragment(admission))
  const script = keepForLink(link.keep)
  const frame = frameOf(admission)
  const { words } = frame.look
  const page = signInFailedPage({
    ...frame,
    script,
    sentence: words[`fault.${fault.code}`],
    explanation: words[why.explanation],
    contact: admission.app?.contact ?? null,
    next: why.helps ? { label: words['link.start-again'], href: link.href } : null,
  })
  return withScript(pageAnswer(fault.status, page), script)
}

/** Why sign-ins that succeeded did not help, for operators and for people, and whether people can do something about it. */
function whyAgain(reason: Decision['reason']) {
  const { explanation } = failureWords('LOGIN_LOOP')
  const tokens =
    'the provider gives access tokens that are over as soon as they come, or ID tokens alone where an app is to get an access token'
  const cookies =
    'its cookies do not stay, or instances behind one address have different session secrets or stores'
  const stepUps =
    'what a step-up brought the next request lacks: refreshed tokens take it back, pages that lead to each other ask for different ones, or instances differ in clock or configuration'
  switch (reason) {
    case 'token-expired':
      return { message: tokens, explanation: 'failure.operators', helps: false } as const
    case 'step-up-needed':
      return { message: stepUps, explanation: 'failure.operators', helps: false } as const
    default:
      return { message: cookies, explanation, helps: true } as const
  }
}

function chooser(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  offered: readonly string[],
  { page, wish, isSecond }: Omit<SignInRequest, 'provider'>,
): Answer {
  const { gateway } = context.runtime
  const { origin } = admission
  // A redirect to here, or a link, brought along what follows the `#`.
  const isKept = origin !== null && appAt(origin, page.returnTo)?.keepFragment === true
  const { form: token, account } = wish
  const form =
    token === null || origin === null
      ? null
      : formLoginLink(context.runtime, origin, headers, { form: token, account })
  const choices = offered.flatMap((name) => {
    const settings = gateway.providers.get(name)
    if (settings === undefined) return []
    const asked = { ...wish, passed: passedTo(settings, wish.passed) }
    const linked = { provider: name, page, wish: asked, isSecond, keepsFragment: isKept, form }
    const link = loginLink(gateway.authPrefix, linked)
    return [{ label: settings.label, icon: settings.icon, ...link }]
  })
  // All of them are for the one page.
  const script = keepForLink(choices.find(({ keep }) => keep !== null)?.keep ?? null)
  return withScript(pageAnswer(200, chooserPage({ ...frameOf(admission), script, choices })), script)
}
