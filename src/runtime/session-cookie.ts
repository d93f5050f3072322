import type { Origin } from '../core/gateway.ts'
import { type KeyRing, open, type Random, type Sealed, type SealScope, seal } from '../core/session/seal.ts'
import { type SessionKey, sessionKey } from '../core/session/session.ts'
import { readSessionOwner, type SessionOwner } from '../core/session/session-owner.ts'

/** What a session cookie says once it is open. */
export interface OpenedCookie {
  readonly key: SessionKey
  /** The same id sealed anew, when the cookie was sealed with an older secret. */
  readonly resealed: Sealed | null
}

export interface OwnedCookie extends OpenedCookie {
  /** Whose session it is, or was; null: it does not say. */
  readonly owner: SessionOwner | null
}

/** The value of the session cookie: the id, for this origin and this cookie's name alone. */
export function sealSessionCookie(ring: KeyRing, id: string, origin: Origin, random: Random): Sealed {
  return seal(ring, scope(origin), id, random)
}

/** What a browser sent; null when it does not open here. The id goes no further than this function. */
export function openSessionCookie(
  ring: KeyRing,
  value: string,
  origin: Origin,
  random: Random,
): OwnedCookie | null {
  const opened = open(ring, scope(origin), value)
  if (!opened.ok) return null
  const resealed = opened.stale ? sealSessionCookie(ring, opened.text, origin, random) : null
  return { key: sessionKey(opened.text), resealed, owner: readSessionOwner(opened.text) }
}

function scope(origin: Origin): SealScope {
  return { purpose: 'session', context: [origin.origin, origin.cookies.session] }
}
