import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import type { Sealed } from '../../core/session/seal.ts'
import { type FormToken, openFormLink, sealFormLink } from '../../core/session/sent-form.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { readSessionCookie } from '../admission/session-cookies.ts'

/** For a link that begins a sign-in for a form: it counts in this browser alone. Null: this one never had a session. */
export function formLoginLink(
  { gateway, ring, random, sessions }: Runtime,
  origin: Origin,
  headers: IncomingHttpHeaders,
  form: FormToken,
): Sealed | null {
  const cookie = readSessionCookie(gateway, origin, headers)
  const session = cookie.kind === 'one' ? sessions.keyOf(cookie.value, origin) : null
  if (session === null) return null
  return sealFormLink(ring, { origin: origin.origin, kind: 'login' }, { form, holder: session }, random)
}

/** The form that such a link is for; null: none, or another browser’s. */
export function readFormLoginLink(
  { gateway, ring, sessions }: Runtime,
  origin: Origin,
  headers: IncomingHttpHeaders,
  value: string | null,
): FormToken | null {
  const link = value === null ? null : openFormLink(ring, { origin: origin.origin, kind: 'login' }, value)
  const cookie = readSessionCookie(gateway, origin, headers)
  if (link === null || cookie.kind !== 'one') return null
  return sessions.keyOf(cookie.value, origin) === link.holder ? link.form : null
}
