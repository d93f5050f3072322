import type { IncomingHttpHeaders } from 'node:http'
import type { Presented } from '../../core/credential/presented.ts'
import type { Gateway, Origin } from '../../core/gateway.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import type { NoSession, Session } from '../../core/session/session.ts'
import type { HeaderCredentials } from '../../runtime/header-credentials.ts'
import type { Keys } from '../../runtime/keys/keys.ts'
import type { RequestLimits } from '../../runtime/request-limits/request-limits.ts'
import type { SessionLookup, Sessions } from '../../runtime/sessions.ts'
import { readSessionCookie, readSignOutMarks } from './session-cookies.ts'

/** What judging needs of a runtime: a probe brings the model and a person, and no more. */
export interface AdmissionContext {
  readonly gateway: Gateway
  readonly sessions: Pick<Sessions, 'use' | 'lookUp'>
  readonly clock: Pick<Clock, 'now'>
  /** Who brings fresh tokens for apps; absent: nothing is sent on, so none are needed. */
  readonly renewals?: TokenRenewals
  /** Who verifies tokens and keys; absent: none of them counts. */
  readonly credentials?: HeaderCredentials
  /** What stands in the place of what the headers carry, where nobody sent any. */
  readonly presented?: readonly Presented[]
  /** Who counts what is let in; absent: nothing is drawn from any limit. */
  readonly requestLimits?: RequestLimits
  /** Who counts uses of keys; absent: nobody does. */
  readonly keys?: Pick<Keys, 'used'> | null
}

/** Asks the provider of a session for fresh tokens; an edition's `renewals` fit. */
export interface TokenRenewals {
  /** Rejects with a StoreFault where nobody can tell. */
  freshTokens(session: Session): Promise<TokenOutcome>
}

export type TokenOutcome =
  | { readonly kind: 'live'; readonly session: Session }
  | { readonly kind: 'ended'; readonly why: NoSession }
  | { readonly kind: 'unanswered' }

type SessionContext = Pick<AdmissionContext, 'gateway' | 'sessions'>

/** The session that a request's cookie stands for, or why there is none. Throws a StoreFault. */
export function useSession(
  { gateway, sessions }: SessionContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<SessionLookup> {
  return ofCookie(gateway, origin, headers, (value, marks) => sessions.use(value, origin, marks))
}

/** The same for a request that is decided without it: the session is none the younger for it, and no provider is asked. */
export function lookUpSession(
  { gateway, sessions }: SessionContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<SessionLookup> {
  return ofCookie(gateway, origin, headers, (value, marks) => sessions.lookUp(value, origin, marks))
}

/**
 * For an answer that only shows who is signed in: it is no use of the session, but its provider is asked again when that is
 * due, as for any request.
 */
export function showSession(
  { gateway, sessions }: { readonly gateway: Gateway; readonly sessions: Pick<Sessions, 'show'> },
  origin: Origin,
  headers: IncomingHttpHeaders,
): Awaitable<SessionLookup> {
  return ofCookie(gateway, origin, headers, (value, marks) => sessions.show(value, origin, marks))
}

/** For a page of ours: it is a use for whoever opens it, and none for a script that asks for it. */
export function sessionOfPage(
  context: AdmissionContext,
  origin: Origin,
  { wantsPage }: { readonly wantsPage: boolean },
  headers: IncomingHttpHeaders,
): Awaitable<SessionLookup> {
  return (wantsPage ? useSession : lookUpSession)(context, origin, headers)
}

function ofCookie(
  gateway: Gateway,
  origin: Origin,
  headers: IncomingHttpHeaders,
  look: (value: string, marks: readonly string[]) => Awaitable<SessionLookup>,
): Awaitable<SessionLookup> {
  const cookie = readSessionCookie(gateway, origin, headers)
  switch (cookie.kind) {
    case 'none':
      return noSession
    case 'ambiguous':
      return ambiguous
    case 'one':
      return look(cookie.value, readSignOutMarks(gateway, origin, headers))
  }
}

const noSession: SessionLookup = { kind: 'none', why: 'no-session' }
const ambiguous: SessionLookup = { kind: 'none', why: 'session-ambiguous' }
