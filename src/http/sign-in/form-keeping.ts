import type { IncomingMessage } from 'node:http'
import type { Decision } from '../../core/decision.ts'
import { isFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { createFormReadings } from '../../core/limits/form-readings.ts'
import { type FormToKeep, formToKeep } from '../../core/request/form-to-keep.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { readReferringPage, startOf } from '../../core/session/landing.ts'
import { readLocalAddress } from '../../core/session/return-to.ts'
import { type FormToken, type SentForm, sealFormLink } from '../../core/session/sent-form.ts'
import type { SessionKey } from '../../core/session/session.ts'
import { wantedPage } from '../../core/session/storage-key.ts'
import { isLong } from '../../core/session/transaction.ts'
import { keepForm } from '../../runtime/kept-forms.ts'
import { type Admission, judgesOf } from '../admission/admission.ts'
import { ownerOfCookie } from '../admission/form-holder.ts'
import { resumedFormOf } from '../admission/resumed-form.ts'
import { readSessionCookie } from '../admission/session-cookies.ts'
import { reportFault } from '../operations/report-fault.ts'
import { type Answer, redirectAnswer } from '../pages/answer.ts'
import { loginLink } from '../pages/login-link.ts'
import { announcedLength } from '../proxy/upload.ts'
import { readWholeBody } from '../proxy/whole-body.ts'
import type { RequestContext } from '../server/context.ts'
import { isLooping } from './login-loop.ts'
import { startSignIn } from './start.ts'
import { stepUpWish } from './step-up-link.ts'

/** Of the process: they take its memory. */
const readings = createFormReadings()

type Challenge = Extract<Decision, { kind: 'challenge' }>

/**
 * A form that meets a sign-in, of a browser whose session has ended or is not enough: it is kept, and the browser is sent
 * to sign in (303, so that no provider is sent the form). Null: it is answered as any other request is, and nothing of
 * it was kept. Rejects as its body is longer or slower than a body may be, or breaks off.
 */
export async function answerForm(
  context: RequestContext,
  admission: Admission,
  request: IncomingMessage,
  challenge: Challenge,
): Promise<Answer | null> {
  const { origin } = admission
  const stepsUp = challenge.stepUp !== null && admission.session !== null
  if (origin === null || isLooping(request.headers, origin, stepsUp ? 'step-up' : 'sign-in')) return null
  const { method } = admission
  const { headers } = request
  const found = formToKeep({ method, headers, origin: origin.origin, locations: judgesOf(admission) })
  if (found.kind === 'none') return null
  const ended = endedSession(context, origin, request)
  if (ended === null) return null
  const waiting = resumedFormOf(request)
  const token = waiting?.token ?? (await keep(context, admission, request, { origin, session: ended, found }))
  return token === null
    ? null
    : toSignIn(context, admission, request, { origin, session: ended, token, challenge })
}

/** The session of the cookie that came, which need not live: null for nobody’s. */
function endedSession({ runtime }: RequestContext, origin: Origin, { headers }: IncomingMessage) {
  const cookie = readSessionCookie(runtime.gateway, origin, headers)
  return cookie.kind === 'one' ? runtime.sessions.keyOf(cookie.value, origin) : null
}

interface Of {
  readonly origin: Origin
  readonly session: SessionKey
}

async function keep(
  context: RequestContext,
  admission: Admission,
  request: IncomingMessage,
  { found, ...of }: Of & { readonly found: Exclude<FormToKeep, { kind: 'none' }> },
): Promise<FormToken | null> {
  const { app, location } = admission
  const target =
    admission.target && readLocalAddress(pathOf(admission.target), context.runtime.gateway.authPrefix)
  if (location === null || target === null) return null
  const tell = (why: 'too-large' | 'no-room' | 'store-failed') => {
    context.metrics.form(app?.name ?? null, 'not-kept')
    context.log.event('info', 'form.not-kept', { request_id: admission.requestId, app: app?.name, why })
  }
  if (found.kind === 'too-large') {
    tell('too-large')
    return null
  }
  const { idleSeconds, body: rate } = location.forwarding.timeouts
  const mostBytes = Math.min(found.mostBytes, announcedLength(request) ?? found.mostBytes)
  if (!readings.take(of.session, mostBytes)) {
    tell('no-room')
    return null
  }
  const body = await orTooLarge(
    readWholeBody(request, { maxBytes: found.mostBytes, idleMs: idleSeconds * 1000, rate }),
  ).finally(() => readings.release(of.session, mostBytes))
  if (body === null) {
    tell('too-large')
    return null
  }
  try {
    const token = await keepForm(
      context.runtime,
      formOf(context, admission, request, { ...of, target, body }),
    )
    if (token === null) tell('no-room')
    else told(context, admission, of.session, body.length)
    return token
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    reportFault(context, 'store.failed', thrown, { request_id: admission.requestId, app: app?.name })
    tell('store-failed')
    return null
  }
}

function told(
  { log, metrics }: RequestContext,
  { requestId, app }: Admission,
  session: SessionKey,
  bytes: number,
) {
  metrics.form(app?.name ?? null, 'kept')
  log.event('info', 'form.kept', { request_id: requestId, app: app?.name, session, bytes })
}

/** Null: it turned out to be longer than is kept. */
async function orTooLarge(body: Promise<Buffer>): Promise<Buffer | null> {
  try {
    return await body
  } catch (thrown) {
    if (isFault(thrown) && thrown.code === 'REQUEST_BODY_TOO_LARGE') return null
    throw thrown
  }
}

function formOf(
  { runtime }: RequestContext,
  { method }: Admission,
  { headers }: IncomingMessage,
  { origin, session, target, body }: Of & Pick<SentForm, 'target' | 'body'>,
): SentForm {
  return {
    origin: origin.origin,
    method,
    target,
    contentType: headers['content-type'] ?? null,
    referer: refererOf(headers.referer, origin),
    body,
    session,
    owner: ownerOfCookie(runtime, origin, headers),
  }
}

/** Of the origin alone, as it is sent on by us later. */
function refererOf(referer: string | undefined, { origin }: Origin): string | null {
  const isOwn = referer?.startsWith(`${origin}/`) === true && /^[\x21-\x7e]*$/.test(referer)
  return isOwn ? referer : null
}

function pathOf({ path, query }: { readonly path: string; readonly query: string }): string {
  return path + query
}

interface Waiting extends Of {
  readonly token: FormToken
  readonly challenge: Challenge
}

/** As a navigation is sent: to the one provider, or to the chooser of several. */
function toSignIn(
  context: RequestContext,
  admission: Admission,
  { headers }: IncomingMessage,
  { origin, session, token, challenge }: Waiting,
): Promise<Answer> | Answer {
  const { ring, random, gateway } = context.runtime
  const { authPrefix } = gateway
  // Where the form cannot be sent after all, its person comes back to where it was filled in.
  const from = readReferringPage(headers.referer, origin, authPrefix)
  // One that only the browser's storage could keep takes a page of ours, which cannot be the answer to a form.
  const page = wantedPage(from === null || isLong(from) ? startOf(origin) : from)
  const [provider, ...others] = challenge.providers
  if (provider !== undefined && others.length === 0) {
    const { stepUp } = challenge
    const live = admission.session
    const asked = stepUp === null || live === null ? plainWish : stepUpWish(context.runtime, live, stepUp)
    const wish = { ...asked, form: token }
    return startSignIn(context, admission, headers, { provider, page, wish, isSecond: false })
  }
  const form = sealFormLink(
    ring,
    { origin: origin.origin, kind: 'login' },
    { form: token, holder: session },
    random,
  )
  return redirectAnswer(loginLink(authPrefix, { page, form }).href)
}
