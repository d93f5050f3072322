import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { type Answer, withCookies } from '../pages/answer.ts'
import { setSessionCookies } from './cookie.ts'

/** The answer of our own, with the session's next cookie where that rests in the browser and is due: see `SessionLookup`. */
export function withRenewal(
  answer: Answer,
  { renewal }: { readonly renewal?: (() => string | null) | null },
  origin: Origin | null,
  headers: IncomingHttpHeaders,
): Answer {
  const value = renewal?.() ?? null
  if (value === null || origin === null) return answer
  return withCookies(answer, setSessionCookies(origin.cookies, value, headers.cookie))
}
