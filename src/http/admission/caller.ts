import type { IncomingHttpHeaders } from 'node:http'
import type { Gateway, Origin } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import { sessionCookie } from '../../core/session/cookies.ts'
import type { Found, Sessions } from '../../runtime/sessions.ts'

/** The part of a runtime that judges: a probe brings the model and a person, and no more. */
export interface Court {
  readonly gateway: Gateway
  readonly sessions: Pick<Sessions, 'find' | 'peek'>
}

/** The session that a request's cookie stands for, or why there is none. Throws a StoreFault. */
export function findVisitor(
  { sessions }: Pick<Court, 'sessions'>,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<Found> {
  return ofCookie(origin, headers, (value) => sessions.find(value, origin))
}

/** The same for a request that is decided without it: the session is none the younger for it. */
export function peekAtVisitor(
  { sessions }: Pick<Court, 'sessions'>,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<Found> {
  return ofCookie(origin, headers, (value) => sessions.peek(value, origin))
}

function ofCookie(
  origin: Origin,
  headers: IncomingHttpHeaders,
  look: (value: string) => Awaitable<Found>,
): Awaitable<Found> {
  const cookie = sessionCookie(headers.cookie, origin.cookies.session)
  switch (cookie.kind) {
    case 'none':
      return noSession
    case 'ambiguous':
      return ambiguous
    case 'one':
      return look(cookie.value)
  }
}

const noSession: Found = { kind: 'none', why: 'no-session' }
const ambiguous: Found = { kind: 'none', why: 'session-ambiguous' }
