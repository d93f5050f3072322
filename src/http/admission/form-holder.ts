import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import type { FormLink } from '../../core/session/sent-form.ts'
import type { SessionOwner } from '../../core/session/session-owner.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { readSessionCookie } from './session-cookies.ts'

/** Whose session a browser has, or had last, as its cookie says; null: nobody’s, or it does not say. */
export function ownerOfCookie(
  { gateway, sessions }: Pick<Runtime, 'gateway' | 'sessions'>,
  origin: Origin,
  headers: IncomingHttpHeaders,
): SessionOwner | null {
  const cookie = readSessionCookie(gateway, origin, headers)
  return cookie.kind === 'one' ? sessions.ownerOf(cookie.value, origin) : null
}

/** Whether the page that a link leads to is for whoever comes with it: it was handed to nobody else. */
export function isHolder(
  runtime: Pick<Runtime, 'gateway' | 'sessions'>,
  origin: Origin,
  headers: IncomingHttpHeaders,
  { holder }: Pick<FormLink, 'holder'>,
): boolean {
  return ownerOfCookie(runtime, origin, headers)?.account === holder
}
