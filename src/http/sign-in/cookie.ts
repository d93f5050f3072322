import type { CookieSerializeOptions } from '@fastify/cookie'
import type { CookieNames, Gateway, Origin } from '../../core/gateway.ts'
import { cutIntoPieces, secondPieceName, signedOutName } from '../../core/session/session-pieces.ts'

/** A cookie to be set. @fastify/cookie writes it, and only writes: core/cookies reads (see docs/decisions). */
export interface SetCookie {
  readonly name: string
  readonly value: string
  readonly options: CookieSerializeOptions
}

/**
 * The session's cookie, or two where one has no room for it (`store: cookie`); then a second piece that is needed no
 * more goes. `Path=/`, no Domain and, on https, Secure are what `__Host-` asks for (RFC 6265bis 4.1.3.2). Throws for
 * what two have no room for, which nobody seals.
 */
export function setSessionCookies(
  names: CookieNames,
  value: string,
  /** What the browser sent, as far as that is known. */
  sent: string | undefined,
): readonly SetCookie[] {
  const sameSite = names.sameSite === 'Lax' ? 'lax' : 'strict'
  const options: CookieSerializeOptions = { ...common(names), sameSite }
  const pieces = cutIntoPieces(value, names)
  if (pieces === null) throw new Error('a session that no cookies have room for')
  const first: SetCookie = { name: names.session, value: pieces.first, options }
  const second = secondPieceName(names)
  if (pieces.second !== null) return [first, { name: second, value: pieces.second, options }]
  return sent?.includes(second) ? [first, deleteCookie(names, second)] : [first]
}

/** The mark that ends a browser's sessions: it has to come with the next callback too, as an attempt's cookie has. */
export function setSignOutMark(
  gateway: Pick<Gateway, 'providers'>,
  origin: Origin,
  value: string,
): SetCookie {
  const { cookies, maxLifetimeSeconds } = origin
  const mode = callbackMode(gateway, origin)
  return setTransactionCookie(cookies, signedOutName(cookies), value, mode, maxLifetimeSeconds)
}

/** How callbacks of an origin come: by a POST of another site if any provider answers so, for a cookie of all of them. */
export function callbackMode(
  { providers }: Pick<Gateway, 'providers'>,
  origin: Pick<Origin, 'providers'>,
): 'query' | 'form_post' {
  const modes = origin.providers.map((provider) => providers.get(provider)?.responseMode)
  return modes.includes('form_post') ? 'form_post' : 'query'
}

/** A sign-in that comes back by a cross-site POST (form_post) needs `None`, which needs Secure. */
export function setTransactionCookie(
  names: CookieNames,
  name: string,
  value: string,
  responseMode: 'query' | 'form_post',
  maxAge: number,
): SetCookie {
  const sameSite = responseMode === 'form_post' && names.secure ? 'none' : 'lax'
  return { name, value, options: { ...common(names), sameSite, maxAge } }
}

/** Secure, so that a browser keeps it only when it got it over https; for as long as a redirect may take. */
export function setHttpsMarker(names: CookieNames, name: string): SetCookie {
  return { name, value: '1', options: { ...common(names), sameSite: 'lax', maxAge: 30 } }
}

/** Deletes a cookie of ours: same name and path, in the past. */
export function deleteCookie(names: CookieNames, name: string): SetCookie {
  return { name, value: '', options: { ...common(names), sameSite: 'lax', maxAge: 0, expires: new Date(0) } }
}

/** The session's cookie, and the second piece where the browser sent one. */
export function deleteSessionCookies(names: CookieNames, sent: string | undefined): readonly SetCookie[] {
  const second = secondPieceName(names)
  const gone = sent?.includes(second) ? [names.session, second] : [names.session]
  return gone.map((name) => deleteCookie(names, name))
}

function common(names: CookieNames): CookieSerializeOptions {
  return { path: '/', httpOnly: true, secure: names.secure }
}
