import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import {
  type AttemptToRemember,
  findPastAttempt,
  isReplaced,
  type KnownAttempt,
  type PastOf,
  rememberAttempts,
} from '../../core/session/past-attempts.ts'
import { transactionKeptSeconds } from '../../core/session/transaction-cookie.ts'
import type { RequestContext } from '../server/context.ts'
import { callbackMode, type SetCookie, setTransactionCookie } from './cookie.ts'

/** What this browser knows of an attempt whose own cookie is gone. */
export function pastAttempt(
  { runtime }: RequestContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
  state: string,
): KnownAttempt | null {
  return findPastAttempt(runtime.ring, pastOf(origin, headers), state)
}

/** Whether another one began by itself in its place before. */
export function wasReplaced(
  { runtime }: RequestContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
  state: string,
): boolean {
  return isReplaced(runtime.ring, pastOf(origin, headers), state)
}

/** Keeps in this browser what is known of attempts whose own cookies are cleared. */
export function remembering(
  { runtime }: RequestContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
  attempts: readonly AttemptToRemember[],
): readonly SetCookie[] {
  if (attempts.length === 0) return []
  const { gateway, ring, random } = runtime
  const { name, value } = rememberAttempts(ring, pastOf(origin, headers), attempts, random)
  const mode = callbackMode(gateway, origin)
  const maxAge = transactionKeptSeconds(gateway.session.signInTimeoutSeconds)
  return [setTransactionCookie(origin.cookies, name, value, mode, maxAge)]
}

function pastOf({ origin, cookies: names }: Origin, { cookie }: IncomingHttpHeaders): PastOf {
  return { origin, names, cookies: transactionCookies(cookie, names) }
}
