import type { IncomingHttpHeaders } from 'node:http'
import type { Gateway, Origin } from '../../core/gateway.ts'
import {
  allSessionPieces,
  type CookieReading,
  sessionCookie,
  sessionCookies,
  sessionPieces,
} from '../../core/session/cookies.ts'
import { signedOutName } from '../../core/session/session-pieces.ts'

/** Where sessions rest decides which cookies are theirs. */
type Resting = Pick<Gateway, 'session'>

/** The session's cookie as a request brought it; the session itself where that rests in the browser. */
export function readSessionCookie(
  { session }: Resting,
  { cookies }: Origin,
  { cookie }: IncomingHttpHeaders,
): CookieReading {
  return session.store.kind === 'cookie'
    ? sessionPieces(cookie, cookies)
    : sessionCookie(cookie, cookies.session)
}

/** All that a browser sent, also those that make nobody signed in. */
export function readSessionCookies(
  { session }: Resting,
  { cookies }: Origin,
  { cookie }: IncomingHttpHeaders,
): readonly string[] {
  return session.store.kind === 'cookie'
    ? allSessionPieces(cookie, cookies)
    : sessionCookies(cookie, cookies.session)
}

/** Marks of sign-outs; none where the store itself knows what has ended. */
export function readSignOutMarks(
  { session }: Resting,
  { cookies }: Origin,
  { cookie }: IncomingHttpHeaders,
): readonly string[] {
  if (session.store.kind !== 'cookie') return none
  const name = signedOutName(cookies)
  const usual = sessionCookie(cookie, name)
  switch (usual.kind) {
    case 'none':
      return none
    case 'one':
      return [usual.value]
    case 'ambiguous':
      return sessionCookies(cookie, name)
  }
}

const none: readonly string[] = []
