import type { Gateway } from '../../core/gateway.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, frameOf, pageAnswer, problemAnswer, withHeaders } from './answer.ts'
import { framedPage } from './framed.ts'
import { keepsFragment, linkBack, linkTo } from './link-back.ts'
import { errorPage } from './pages.ts'
import { keepForLink, withScript } from './scripts.ts'

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
