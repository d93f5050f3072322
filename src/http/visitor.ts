import type { IncomingHttpHeaders } from 'node:http'
import { sessionCookie } from '../core/cookies.ts'
import type { Gateway, Origin } from '../core/gateway.ts'
import type { Awaitable } from '../core/ports.ts'
import type { Found, Sessions } from '../runtime/sessions.ts'

/** The part of a runtime that judges: a probe brings the model and a person, and no more. */
export interface Court {
  readonly gateway: Gateway
  readonly sessions: Pick<Sessions, 'find'>
}

/** The session that a request's cookie stands for, or why there is none. Throws a StoreFault. */
export function findVisitor(court: Court, origin: Origin, headers: IncomingHttpHeaders): Awaitable<Found> {
  const cookie = sessionCookie(headers.cookie, origin.cookies.session)
  switch (cookie.kind) {
    case 'none':
      return noSession
    case 'ambiguous':
      return ambiguous
    case 'one':
      return court.sessions.find(cookie.value, origin)
  }
}

const noSession: Found = { kind: 'none', why: 'no-session' }
const ambiguous: Found = { kind: 'none', why: 'session-ambiguous' }
