import { html } from 'ghtml'
import type { Gateway } from '../../core/gateway.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { Sealed } from '../../core/session/seal.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, frameOf, pageAnswer, problemAnswer, withHeaders } from './answer.ts'
import { pageDocument } from './document.ts'
import { framedPage } from './framed.ts'
import { canBeAskedAgain, keepsFragment, pageOf } from './link-back.ts'
import { type LoginLink, loginLink } from './login-link.ts'
import { action, actions } from './parts.ts'
import { keepForLink, withScript } from './scripts.ts'

/** A step-up that an answer asks for. */
export interface AskedStepUp {
  /** What the link to the sign-in carries. */
  readonly link: Sealed
  /** What programs are told of it: see `core/step-up-challenge`. */
  readonly challenge: string
}

/**
 * 401 for whoever is signed in, but not as the location asks, and is not redirected. `formPage` is the page that a form
 * was sent from; null: nobody knows.
 */
export function stepUpNeeded(
  gateway: Gateway,
  admission: Admission,
  asked: AskedStepUp,
  formPage: ReturnTo | null,
): Answer {
  return admission.wantsPage
    ? stepUpPage(gateway, admission, asked, formPage)
    : stepUpProblem(gateway, admission, asked)
}

function stepUpProblem(gateway: Gateway, admission: Admission, asked: AskedStepUp): Answer {
  const { href, keep } = linkBack(gateway, admission, asked)
  // A program has no storage: where the address would be too long, one comes back to where the origin begins.
  const address = keep === null ? href : linkToStart(gateway, asked)
  const login_url = `${admission.origin?.origin ?? ''}${address}`
  const title = 'A stronger or more recent sign-in is needed'
  return challenged(problemAnswer(admission, 401, 'step-up-needed', { title, login_url }), asked)
}

function stepUpPage(
  gateway: Gateway,
  admission: Admission,
  asked: AskedStepUp,
  formPage: ReturnTo | null,
): Answer {
  const link =
    formPage === null
      ? linkBack(gateway, admission, asked, keepsFragment(admission))
      : linkTo(gateway, formPage, asked)
  const script = keepForLink(link.keep)
  const frame = { ...frameOf(admission), script }
  const { words } = frame.look
  const unsaved = canBeAskedAgain(admission) ? '' : html`<p>${words['unsaved.text']}</p>`
  const page = pageDocument({
    ...frame,
    title: words['step-up.title'],
    gate: 'closed',
    content: html`<p>${words['step-up.text']}</p>
!${unsaved}
!${actions([action(link.href, words['link.sign-in-again'])])}`,
  })
  return challenged(withScript(pageAnswer(401, page), script), asked)
}

/** The same in a frame of the same origin: `topPage` is what the frame stands in, to which a person comes back. */
export function stepUpFrame(
  gateway: Gateway,
  admission: Admission,
  asked: AskedStepUp,
  topPage: ReturnTo | null,
): Answer {
  const { href, keep } =
    topPage === null ? linkBack(gateway, admission, asked) : linkTo(gateway, topPage, asked)
  const script = keepForLink(keep)
  const page = framedPage({ ...frameOf(admission), script, signInHref: href, isStepUp: true })
  return challenged(withScript(pageAnswer(401, page), script), asked)
}

/** `keeps`: it is for a page of ours at this very address, and what follows the `#` there is kept. */
function linkBack(gateway: Gateway, admission: Admission, asked: AskedStepUp, keeps = false): LoginLink {
  return canBeAskedAgain(admission)
    ? linkTo(gateway, pageOf(admission), asked, keeps)
    : { href: linkToStart(gateway, asked), keep: null }
}

function linkTo(
  { authPrefix }: Gateway,
  page: string,
  { link }: AskedStepUp,
  keepsFragment = false,
): LoginLink {
  return loginLink(authPrefix, { page: { returnTo: page, keptAs: null }, stepUp: link, keepsFragment })
}

function linkToStart({ authPrefix }: Gateway, { link }: AskedStepUp): string {
  return `${authPrefix}/login?step_up=${link}`
}

/** The session came by a cookie, so the scheme is that; the parameters are those that RFC 9470 gives to Bearer. */
function challenged(answer: Answer, { challenge }: AskedStepUp): Answer {
  return withHeaders(answer, { 'www-authenticate': `Cookie realm="claimgate", ${challenge}` })
}
