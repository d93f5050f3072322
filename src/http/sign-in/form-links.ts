import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import type { AuthorizationWish } from '../../core/session/authorization-wish.ts'
import type { Sealed } from '../../core/session/seal.ts'
import {
  type FormLinkKind,
  type FormToken,
  openFormLink,
  sealFormLink,
} from '../../core/session/sent-form.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { readSessionCookie } from '../admission/session-cookies.ts'

/** A form that a sign-in is for, and whose page it is for (`account-hash`); null: of whoever signs in. */
export type WishedForm = Pick<AuthorizationWish, 'account'> & { readonly form: FormToken }

/**
 * For a link that begins a sign-in for a form: it counts in this browser alone. One that has no session’s cookie, as
 * somebody deleted it, gets the link of the page, which counts for its account. Null: it is for nobody here.
 */
export function formLoginLink(
  { gateway, ring, random, sessions }: Runtime,
  origin: Origin,
  headers: IncomingHttpHeaders,
  { form, account }: WishedForm,
): Sealed | null {
  const cookie = readSessionCookie(gateway, origin, headers)
  const sealed = (kind: FormLinkKind, holder: string) =>
    sealFormLink(ring, { origin: origin.origin, kind }, { form, holder }, random)
  if (cookie.kind === 'none') return account === null ? null : sealed('page', account)
  const session = cookie.kind === 'one' ? sessions.keyOf(cookie.value, origin) : null
  return session === null ? null : sealed('login', session)
}

/** The form that such a link is for; null: none, or another browser’s. */
export function readFormLoginLink(
  { gateway, ring, sessions }: Runtime,
  origin: Origin,
  headers: IncomingHttpHeaders,
  value: string,
): WishedForm | null {
  const cookie = readSessionCookie(gateway, origin, headers)
  const kind = cookie.kind === 'none' ? 'page' : 'login'
  const link = openFormLink(ring, { origin: origin.origin, kind }, value)
  if (link === null) return null
  const { form, holder } = link
  if (cookie.kind === 'none') return { form, account: holder }
  return cookie.kind === 'one' && sessions.keyOf(cookie.value, origin) === holder
    ? { form, account: null }
    : null
}
