import type { IncomingHttpHeaders } from 'node:http'
import type { Gateway, Origin } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import { sessionCookie } from '../../core/session/cookies.ts'
import type { SessionLookup, Sessions } from '../../runtime/sessions.ts'

/** What judging needs of a runtime: a probe brings the model and a person, and no more. */
export interface AdmissionContext {
  readonly gateway: Gateway
  readonly sessions: Pick<Sessions, 'use' | 'lookUp'>
}

/** The session that a request's cookie stands for, or why there is none. Throws a StoreFault. */
export function useSession(
  { sessions }: Pick<AdmissionContext, 'sessions'>,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<SessionLookup> {
  return ofCookie(origin, headers, (value) => sessions.use(value, origin))
}

/** The same for a request that is decided without it: the session is none the younger for it. */
export function lookUpSession(
  { sessions }: Pick<AdmissionContext, 'sessions'>,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<SessionLookup> {
  return ofCookie(origin, headers, (value) => sessions.lookUp(value, origin))
}

function ofCookie(
  origin: Origin,
  headers: IncomingHttpHeaders,
  look: (value: string) => Awaitable<SessionLookup>,
): Awaitable<SessionLookup> {
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

const noSession: SessionLookup = { kind: 'none', why: 'no-session' }
const ambiguous: SessionLookup = { kind: 'none', why: 'session-ambiguous' }
