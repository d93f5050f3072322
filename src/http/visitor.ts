import type { IncomingHttpHeaders } from 'node:http'
import { sessionCookie } from '../core/cookies.ts'
import type { Origin } from '../core/gateway.ts'
import type { Awaitable } from '../core/ports.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Found } from '../runtime/sessions.ts'

/** The session that a request's cookie stands for, or why there is none. Throws a StoreFault. */
export function findVisitor(
  runtime: Runtime,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<Found> {
  const cookie = sessionCookie(headers.cookie, origin.cookies.session)
  switch (cookie.kind) {
    case 'none':
      return noSession
    case 'ambiguous':
      return ambiguous
    case 'one':
      return runtime.sessions.find(cookie.value, origin)
  }
}

const noSession: Found = { kind: 'none', why: 'no-session' }
const ambiguous: Found = { kind: 'none', why: 'session-ambiguous' }
