import type { FastifyReply } from 'fastify'
import type { Decision, DenyReason } from '../../core/decision.ts'
import type { AnyFault, FaultStatus } from '../../core/fault.ts'
import { faultEntry } from '../../core/fault.ts'
import type { Gateway } from '../../core/gateway.ts'
import { announcesBody } from '../../core/request/body.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import { type Admission, admissionIfAny, admissionOf, carryAdmission } from '../admission/admission.ts'
import { contextOf } from '../server/context.ts'
import { dropRest } from '../server/unread-body.ts'
import type { SetCookie } from '../sign-in/cookie.ts'
import { accountOf } from './account.ts'
import { atLocation } from './at-location.ts'
import type { Page, PageFrame } from './document.ts'
import { framedPage } from './framed.ts'
import { type LinkedSignIn, type LoginLink, loginLink } from './login-link.ts'
import { lookFor } from './look.ts'
import { errorPage, forbiddenPage, type PageStatus } from './pages.ts'
import { type Problem, problemBody, problemType } from './problem.ts'
import { keepForLink, withScript } from './scripts.ts'

/** What the gateway itself answers, before it is known whether Fastify or a bare socket will carry it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies?: readonly SetCookie[]
  readonly body: string
  /** What the access line says in place of the gate's verdict: the answer has found out more. */
  readonly decision?: Decision
}

export function pageAnswer(status: number, page: Page): Answer {
  return { status, headers: page.headers, body: page.html }
}

const problemHeaders = {
  'content-type': problemType,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

export function problemAnswer(
  admission: Admission,
  status: number,
  reason: string,
  more: Partial<Pick<Problem, 'title' | 'login_url' | 'limit'>> = {},
): Answer {
  const title = titles[status] ?? 'Refused'
  const body = problemBody({ status, title, reason, request_id: admission.requestId, ...more })
  return { status, headers: problemHeaders, body }
}

/** 303, so that whatever the method was, the next one is a GET; never stored. */
export function redirectAnswer(location: string, status: 302 | 303 = 303): Answer {
  return { status, headers: { location, 'cache-control': 'no-store' }, body: '' }
}

/** The same answer with more headers. */
export function withHeaders(answer: Answer, headers: Answer['headers']): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

/** The same answer with cookies behind those that it has. */
export function withCookies(answer: Answer, cookies: readonly SetCookie[]): Answer {
  return { ...answer, cookies: [...(answer.cookies ?? []), ...cookies] }
}

const titles: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  413: 'Too large',
  415: 'Media type not supported',
  417: 'Expectation failed',
  421: 'No such host here',
  426: 'Upgrade required',
  429: 'Too many requests',
  431: 'Too many headers',
  500: 'Internal error',
  502: 'Bad gateway',
  503: 'Not available',
  504: 'Gateway timeout',
  505: 'HTTP version not supported',
}

/** What every page needs to know of the app it stands before. */
export function frameOf(admission: Admission): PageFrame & { readonly requestId: string } {
  const { app, origin, requestId, pages, acceptLanguage, waitingForm } = admission
  const look = lookFor(pages, acceptLanguage)
  const frame = { appTitle: app?.title ?? origin?.host ?? null, requestId, look }
  return waitingForm === undefined ? frame : { ...frame, waitingHref: waitingForm }
}

/** The gateway's own refusal: a page for a navigation, a problem for a program. Fixed words either way. */
export function refusal(admission: Admission, status: PageStatus, reason: string, limit?: string): Answer {
  if (!admission.wantsPage)
    return problemAnswer(admission, status, reason, limit === undefined ? {} : { limit })
  const contact = admission.app?.contact ?? null
  const shown = { status, sentence: null, limited: limit !== undefined, contact, next: null }
  return pageAnswer(status, errorPage({ ...frameOf(admission), ...shown }))
}

/**
 * 401 for whoever is not redirected: where to sign in, and why. `formPage` is the page that a form was sent from, to
 * which a person comes back; null: nobody knows.
 */
export function unauthorized(
  gateway: Gateway,
  admission: Admission,
  reason: string,
  formPage: ReturnTo | null = null,
): Answer {
  if (!admission.wantsPage) {
    const { href, keep } = linkBack(gateway, admission)
    // A program has no storage: where the address would be too long, one comes back to where the origin begins.
    const address = keep === null ? href : `${gateway.authPrefix}/login`
    const login_url = `${admission.origin?.origin ?? ''}${address}`
    return withHeaders(problemAnswer(admission, 401, reason, { login_url }), cookieChallenge)
  }
  const link =
    formPage === null ? linkBack(gateway, admission, keepsFragment(admission)) : linkTo(gateway, formPage)
  const script = keepForLink(link.keep)
  const unsaved = admission.method !== 'GET' && admission.method !== 'HEAD'
  const frame = { ...frameOf(admission), script }
  const next = { label: frame.look.words['link.sign-in'], href: link.href }
  const page = errorPage({ ...frame, status: 401, sentence: null, unsaved, contact: null, next })
  return withHeaders(withScript(pageAnswer(401, page), script), cookieChallenge)
}

/** 401 in a frame of the same origin: `topPage` is what the frame stands in, to which a person comes back. */
export function unauthorizedFrame(gateway: Gateway, admission: Admission, topPage: ReturnTo | null): Answer {
  const { href, keep } = topPage === null ? linkBack(gateway, admission) : linkTo(gateway, topPage)
  // The storage is that of the whole tab: what is kept from here is there for the page on top.
  const script = keepForLink(keep)
  const page = framedPage({ ...frameOf(admission), script, signInHref: href })
  return withHeaders(withScript(pageAnswer(401, page), script), cookieChallenge)
}

const cookieChallenge = { 'www-authenticate': 'Cookie realm="claimgate"' }

/** 403: as whom one is signed in and what can be done about it; nothing of the rule. */
export function forbidden(gateway: Gateway, admission: Admission, reason: DenyReason): Answer {
  if (!admission.wantsPage) return problemAnswer(admission, 403, publicReason(reason))
  const { principal } = admission
  const account =
    principal === null ? null : accountOf(gateway.providers.get(principal.provider) ?? null, principal)
  const link =
    account === null
      ? null
      : linkTo(gateway, pageOf(admission), {
          wish: { ...plainWish, otherAccount: true },
          keepsFragment: keepsFragment(admission),
        })
  const script = keepForLink(link?.keep ?? null)
  const page = forbiddenPage({
    ...frameOf(admission),
    script,
    account,
    unsendable: reason === 'identity-unsendable',
    contact: admission.app?.contact ?? null,
    switchAccountHref: link?.href ?? null,
  })
  return withScript(pageAnswer(403, page), script)
}

/** What of a refusal is the client's own doing is told it; of the rule, not even what kind it is. The log knows. */
function publicReason(reason: DenyReason): string {
  switch (reason) {
    case 'rule-not-met':
    case 'nobody-allowed':
    case 'no-location':
    case 'client-address':
    case 'client-certificate':
      return 'not-allowed'
    case 'step-up-not-met':
    case 'identity-unsendable':
    case 'insecure-scheme':
    case 'websocket-origin':
    case 'destination-not-allowed':
    case 'cross-site':
    case 'scope-insufficient':
    case 'key-restricted':
    case 'undecided':
      return reason
  }
}

/** The way on after a fault: a link at once, or when to come back. */
export interface AfterFault {
  readonly next?: { readonly label: string; readonly href: string }
  /** Said by the page and by Retry-After (RFC 9110 10.2.3) alike. */
  readonly retryAfterSeconds?: number
  /** Instead of the one that such a fault has. */
  readonly status?: FaultStatus
}

/** A fault, in the one fixed sentence that it has for people, and what may be done about it. */
export function faultAnswer(
  admission: Admission,
  fault: AnyFault | null,
  { next, retryAfterSeconds, status = statusOf(fault) }: AfterFault = {},
): Answer {
  const reason = fault === null ? 'internal' : fault.code.toLowerCase().replaceAll('_', '-')
  const seconds = retryAfterSeconds ?? (status === 503 ? 5 : null)
  const retry = seconds === null ? {} : { 'retry-after': String(seconds) }
  if (!admission.wantsPage) return withHeaders(problemAnswer(admission, status, reason), retry)
  const contact = admission.app?.contact ?? null
  const frame = frameOf(admission)
  const { words } = frame.look
  const page = errorPage({
    ...frame,
    status,
    sentence: fault === null ? null : words[`fault.${fault.code}`],
    retryAfterSeconds: retryAfterSeconds ?? null,
    contact,
    next:
      next ??
      (isWorthAsking(admission, status) ? { label: words['link.try-again'], href: sameAddress } : null),
  })
  return withHeaders(pageAnswer(status, page), retry)
}

function statusOf(fault: AnyFault | null): FaultStatus {
  return fault === null ? 500 : faultEntry(fault.code).status
}

/** RFC 3986 4.4: the address of the page itself, however long it is and whatever stands in it. */
const sameAddress = ''

/**
 * Whether the same once more may be answered, and does nothing that was not wanted: a GET whose app or provider failed.
 */
function isWorthAsking({ method, address }: Admission, status: number): boolean {
  return (status === 502 || status === 504) && method === 'GET' && (address === null || address === 'login')
}

/**
 * Begins a sign-in and comes back here; only a GET can be come back to. `keepsFragment`: it is for a page of ours at this
 * very address, and what follows the `#` there is kept.
 */
export function linkBack(gateway: Gateway, admission: Admission, keepsFragment = false): LoginLink {
  return canBeAskedAgain(admission)
    ? linkTo(gateway, pageOf(admission), { keepsFragment })
    : { href: `${gateway.authPrefix}/login`, keep: null }
}

function linkTo(
  { authPrefix }: Gateway,
  page: string,
  more: Pick<LinkedSignIn, 'wish' | 'keepsFragment'> = {},
): LoginLink {
  return loginLink(authPrefix, { page: { returnTo: page, keptAs: null }, ...more })
}

/** Whether a page of ours in place of the app's has what follows the `#`, and keeps it for a sign-in. */
export function keepsFragment({ app, address }: Admission): boolean {
  return address === null && app?.keepFragment === true
}

/** Only a GET can be come back to. */
export function canBeAskedAgain({ method }: Admission): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The page that was asked for, as a return address. */
export function pageOf({ target }: Admission): string {
  return target === null ? '/' : target.path + target.query
}

/**
 * Hands an answer to Fastify. A body that was not read would be taken for the next request (or keep the client
 * sending): the connection ends with the answer, once the client had time to hear it.
 */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const { raw } = reply.request
  if (!raw.complete && announcesBody(raw.headers)) {
    reply.header('connection', 'close')
    dropRest(contextOf(raw), raw)
  }
  if (answer.decision !== undefined) carryAdmission(raw, { ...admissionOf(raw), decision: answer.decision })
  for (const { name, value, options } of answer.cookies ?? []) reply.setCookie(name, value, options)
  const { headers } = atLocation(answer, admissionIfAny(raw), raw.headers)
  return reply.code(answer.status).headers(headers).send(answer.body)
}
