import type { IncomingMessage } from 'node:http'
import { isFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import { type FormLink, openFormLink, type SentForm } from '../../core/session/sent-form.ts'
import { hasRoomFor, heldShare, refuseHeldBody } from '../../runtime/held-share.ts'
import { readForm, takeForm } from '../../runtime/kept-forms.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { readForwarded } from '../proxy/forwarded.ts'
import type { RequestContext } from '../server/context.ts'
import type { Admission } from './admission.ts'
import { originOfFormLink, readFormLink } from './form-body.ts'
import { isHolder } from './form-holder.ts'
import { admit } from './gate.ts'
import type { RequestFacts } from './request-facts.ts'
import { carryResumedForm } from './resumed-form.ts'

/**
 * Judges one request, as `admit` does. One that stands for a form which was kept is judged as that form would be, with
 * the session that is there now; let in, it takes the form, once, and what goes to the app is the form to the byte.
 */
export function admitForm(
  context: RequestContext,
  request: IncomingMessage,
  requestId: string,
  startedAt: number,
): Awaitable<Admission> {
  const { runtime } = context
  const origin = originOfFormLink(runtime, request)
  if (origin === null) return admit(runtime, request, requestId, startedAt)
  const judge: Judge = (facts) => admit(runtime, facts, requestId, startedAt)
  return resume({ context, request, origin, judge })
}

type Judge = (facts: RequestFacts) => Awaitable<Admission>

interface Resuming {
  readonly context: RequestContext
  readonly request: IncomingMessage
  readonly origin: Origin
  readonly judge: Judge
}

async function resume(resuming: Resuming): Promise<Admission> {
  const { request, origin, judge } = resuming
  const { runtime } = resuming.context
  const value = await readFormLink(request)
  if (value === null) return judge(request)
  const opened = openFormLink(runtime.ring, { origin: origin.origin, kind: 'page' }, value)
  // Somebody else has signed in since the page was shown: it did not ask that person.
  const link = opened !== null && isHolder(runtime, origin, request.headers, opened) ? opened : null
  try {
    const form = link === null ? null : await readForm(runtime, link.form, origin.origin)
    const admission = link === null || form === null ? null : await send(resuming, { value, link, form })
    if (admission !== null) return admission
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    // The page asks the store too, and says that it does not answer.
  }
  return toPage(resuming, value)
}

interface Waiting {
  readonly value: string
  readonly link: FormLink
  readonly form: SentForm
}

/** Null: it is to be asked about on the page. */
async function send(
  { context, request, origin, judge }: Resuming,
  { value, link, form }: Waiting,
): Promise<Admission | null> {
  const { runtime } = context
  const rawHeaders = rawHeadersOf(request.rawHeaders, form)
  const headers = { ...request.headers, 'content-length': String(form.body.length) }
  const facts = { ...factsOf(request), method: form.method, url: form.target, headers, rawHeaders }
  const judged = await judge(facts)
  const admission = unsendable(runtime, judged, rawHeaders) ?? noRoomFor(runtime, judged, form) ?? judged
  if (admission.decision.kind !== 'allow') {
    carryResumedForm(request, { token: link.form, sent: null })
    return { ...admission, waitingForm: pageOf(runtime, value) }
  }
  const taken = await takeForm(runtime, link.form, origin.origin)
  if (taken === null) return null
  carryResumedForm(request, { token: link.form, sent: { rawHeaders, body: taken.body } })
  tellOfResumed(context, admission, taken)
  return admission
}

/** The answer where its headers cannot go to the app as they are: a form that was taken would be lost. Null: they can. */
function unsendable(runtime: Runtime, admission: Admission, rawHeaders: readonly string[]): Admission | null {
  if (admission.decision.kind !== 'allow' || admission.app === null) return null
  const forwarded = readForwarded(runtime, admission, rawHeaders)
  if (forwarded.ok) return null
  const { decision, detail } = forwarded
  return { ...admission, decision, detail }
}

/** The same where the app takes a body as a whole and no more may be held. */
function noRoomFor(runtime: Runtime, admission: Admission, { body }: SentForm): Admission | null {
  const { app, location, network, decision } = admission
  if (decision.kind !== 'allow' || app === null || location === null) return null
  const { maxBodyBytes } = location.forwarding
  const share = heldShare(runtime, network, { upstream: app.upstream, maxBodyBytes })
  if (share === null || hasRoomFor(share, body.length)) return null
  return {
    ...admission,
    decision: { kind: 'deny', reason: 'undecided', principal: null },
    ...{ fault: refuseHeldBody(share), destination: null },
  }
}

function tellOfResumed(
  { log, metrics }: RequestContext,
  { requestId, app }: Admission,
  form: SentForm,
): void {
  metrics.form(app?.name ?? null, 'resumed')
  const { session } = form
  log.event('info', 'form.resumed', {
    request_id: requestId,
    app: app?.name,
    session,
    bytes: form.body.length,
  })
}

/** The page of the form in place of its address: what may be done now is said there. */
async function toPage({ context, request, judge }: Resuming, value: string): Promise<Admission> {
  const admission = await judge({ ...factsOf(request), method: 'GET', url: pageOf(context.runtime, value) })
  request.method = 'GET'
  return { ...admission, method: 'POST' }
}

function pageOf({ gateway }: Runtime, value: string): string {
  return `${gateway.authPrefix}/resume?form=${value}`
}

function factsOf({ httpVersion, headers, rawHeaders, socket }: IncomingMessage): RequestFacts {
  return { httpVersion, headers, rawHeaders, socket }
}

const ofForm: ReadonlySet<string> = new Set(['content-type', 'content-length', 'referer'])

/** What the browser sends now, but for what the body needs and the page that the form stood on. */
function rawHeadersOf(raw: readonly string[], { contentType, referer, body }: SentForm): readonly string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]]
    if (!ofForm.has(name.toLowerCase())) kept.push(name, value)
  }
  if (referer !== null) kept.push('Referer', referer)
  if (contentType !== null) kept.push('Content-Type', contentType)
  return [...kept, 'Content-Length', String(body.length)]
}
