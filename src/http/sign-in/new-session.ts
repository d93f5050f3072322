import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { attemptsWithoutRoom } from '../../core/session/cookie-room.ts'
import { transactionCookies } from '../../core/session/cookies.ts'
import { secondPieceName } from '../../core/session/session-pieces.ts'
import {
  readTransactionCookieName,
  stateHash,
  stateHashLength,
} from '../../core/session/transaction-cookie.ts'
import type { RequestContext } from '../server/context.ts'
import { deleteCookie, type SetCookie, setSessionCookies, setSignOutMark } from './cookie.ts'

/**
 * The cookies of a new session, of the mark that ends those before it, and of other sign-ins under way that have to go
 * for them. `state`: of the sign-in that brought it, whose own cookie is cleared in any case.
 */
export function newSessionCookies(
  { gateway, sessions }: RequestContext['runtime'],
  origin: Origin,
  headers: IncomingHttpHeaders,
  { cookieValue, state }: { readonly cookieValue: string; readonly state: string },
): readonly SetCookie[] {
  const { cookies: names } = origin
  if (gateway.session.store.kind !== 'cookie') return setSessionCookies(names, cookieValue, headers.cookie)
  const mark = sessions.marks?.beside(cookieValue, origin) ?? null
  const set = [
    // A POST of another site brings no session cookie along: a second piece may be there all the same.
    ...setSessionCookies(names, cookieValue, secondPieceName(names)),
    ...(mark === null ? [] : [setSignOutMark(gateway, origin, mark)]),
  ]
  const own = stateHash(state).slice(0, stateHashLength)
  const others = transactionCookies(headers.cookie, names).filter(
    ({ name }) => readTransactionCookieName(name, names)?.hash !== own,
  )
  const gone = attemptsWithoutRoom(others, set, names)
  return [...set, ...gone.map((name) => deleteCookie(names, name))]
}
