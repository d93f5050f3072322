import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { findProvider } from '../../core/provider-id.ts'
import { isAccount } from '../../core/session/account-hash.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { readReferringPage, startOf } from '../../core/session/landing.ts'
import { type FormLink, openFormLink, type SentForm } from '../../core/session/sent-form.ts'
import { wantedPage } from '../../core/session/storage-key.ts'
import { readForm } from '../../runtime/kept-forms.ts'
import type { SessionLookup } from '../../runtime/sessions.ts'
import type { Admission } from '../admission/admission.ts'
import { isHolder } from '../admission/form-holder.ts'
import { readSessionCookie } from '../admission/session-cookies.ts'
import { useSession } from '../admission/session-lookup.ts'
import { accountOf } from '../pages/account.ts'
import { type Answer, frameOf, redirectAnswer, refusal } from '../pages/answer.ts'
import { loginLink } from '../pages/login-link.ts'
import { formGonePage, resumePage } from '../pages/resume-page.ts'
import type { RequestContext } from '../server/context.ts'
import { formLoginLink } from './form-links.ts'
import { withRenewal } from './renewal.ts'

/**
 * `/.auth/resume?form=…`: where somebody comes who has signed in for a form. The same person’s is sent by itself; before
 * another one’s is sent, the page says whose it is. Nothing is sent, taken or changed by opening it. Throws a StoreFault.
 */
export async function resumeForm(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const { runtime } = context
  const { origin } = admission
  if (origin === null) return refusal(admission, 404, 'address-unknown')
  const [value = '', ...others] = new URLSearchParams(admission.target?.query).getAll('form')
  const link =
    others.length > 0 ? null : openFormLink(runtime.ring, { origin: origin.origin, kind: 'page' }, value)
  const gone = () => formGonePage({ ...frameOf(admission), continueHref: startOf(origin) })
  if (link === null) return gone()
  // Somebody deleted the cookies, as the page of a 431 says: whoever signs in comes back, and the link is theirs or not.
  if (readSessionCookie(runtime.gateway, origin, headers).kind === 'none')
    return signInAgain(context, origin, headers, link) ?? gone()
  // A link that somebody was handed: it is for those who signed in for its form.
  if (!isHolder(runtime, origin, headers, link)) return gone()
  const found = await useSession(runtime, origin, headers)
  if (found.kind === 'none') return signInAgain(context, origin, headers, link) ?? gone()
  const form = await readForm(runtime, link.form, origin.origin)
  const answer =
    form === null ? gone() : shown(context, { admission, origin, headers }, { value, link, form }, found)
  return withRenewal(answer, found, origin, headers)
}

/** The session that was begun for the form has ended meanwhile, or its cookie is gone. Null: it was another one. */
function signInAgain(
  { runtime }: RequestContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
  { form, holder: account }: FormLink,
): Answer | null {
  const link = formLoginLink(runtime, origin, headers, { form, account })
  if (link === null) return null
  const page = wantedPage(startOf(origin))
  return redirectAnswer(loginLink(runtime.gateway.authPrefix, { page, form: link }).href)
}

interface Asked {
  readonly admission: Admission
  readonly origin: Origin
  readonly headers: IncomingHttpHeaders
}

interface Waiting {
  readonly value: string
  readonly link: FormLink
  readonly form: SentForm
}

function shown(
  { runtime }: RequestContext,
  { admission, origin, headers }: Asked,
  { value, link, form }: Waiting,
  { session, principal }: Extract<SessionLookup, { kind: 'live' }>,
): Answer {
  const { gateway, ring } = runtime
  const isSame = form.owner !== null && isAccount(ring, form.owner.account, session)
  const now = accountOf(findProvider(gateway.providers, origin.providers, session), principal)
  const other = formLoginLink(runtime, origin, headers, { form: link.form, account: null })
  const page = wantedPage(
    readReferringPage(form.referer ?? undefined, origin, gateway.authPrefix) ?? startOf(origin),
  )
  return resumePage({
    ...frameOf(admission),
    to: form.target,
    form: value,
    others: isSame ? null : { before: form.owner?.name ?? null, now },
    otherAccountHref: loginLink(gateway.authPrefix, {
      page,
      wish: { ...plainWish, otherAccount: true },
      form: other,
    }).href,
  })
}
