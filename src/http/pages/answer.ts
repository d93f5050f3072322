import type { FastifyReply } from 'fastify'
import type { Decision } from '../../core/decision.ts'
import { announcesBody } from '../../core/request/body.ts'
import { type Admission, admissionIfAny, admissionOf, carryAdmission } from '../admission/admission.ts'
import { contextOf } from '../server/context.ts'
import { dropRest } from '../server/unread-body.ts'
import type { SetCookie } from '../sign-in/cookie.ts'
import { atLocation } from './at-location.ts'
import type { Page, PageFrame } from './document.ts'
import { lookFor } from './look.ts'
import { errorPage, type PageStatus } from './pages.ts'
import { type Problem, problemBody, problemType } from './problem.ts'

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
