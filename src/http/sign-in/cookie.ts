import type { CookieSerializeOptions } from '@fastify/cookie'
import type { CookieNames } from '../../core/gateway.ts'

/** A cookie to be set. @fastify/cookie writes it, and only writes: core/cookies reads (see docs/decisions). */
export interface SetCookie {
  readonly name: string
  readonly value: string
  readonly options: CookieSerializeOptions
}

/** `Path=/`, no Domain and, on https, Secure are what `__Host-` asks for (RFC 6265bis 4.1.3.2). */
export function setSessionCookie(names: CookieNames, value: string): SetCookie {
  const sameSite = names.sameSite === 'Lax' ? 'lax' : 'strict'
  return { name: names.session, value, options: { ...common(names), sameSite } }
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

function common(names: CookieNames): CookieSerializeOptions {
  return { path: '/', httpOnly: true, secure: names.secure }
}
