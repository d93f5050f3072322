import { LoginFault } from '../../core/fault.ts'
import type { Origin } from '../../core/gateway.ts'
import { isForced } from '../../core/keys/recent-sign-in.ts'
import { findProvider } from '../../core/provider-id.ts'
import { claimsToKeep, keepClaims, scopesToKeep } from '../../core/session/kept-claims.ts'
import type { Random, Sealed } from '../../core/session/seal.ts'
import { type EpochSeconds, type Session, sessionKey } from '../../core/session/session.ts'
import {
  bytesInCookie,
  notKept,
  type SessionInCookie,
  sealSessionInCookie,
} from '../../core/session/session-in-cookie.ts'
import { mostPiecesBytes } from '../../core/session/session-pieces.ts'
import { stateHash } from '../../core/session/transaction-cookie.ts'
import type { SignIn } from '../session-start.ts'
import type { CookieSessionEdition } from './edition.ts'

/**
 * The time that a new session is held against marks by: later than the mark that came, which stands a second before the
 * session that it was left beside, and than the session that it replaces.
 */
export function orderOf(known: {
  readonly now: EpochSeconds
  readonly endedUntil: EpochSeconds | null
  readonly previous: EpochSeconds | null
  readonly replacesUnknown: boolean
}): EpochSeconds {
  const { now, endedUntil, previous, replacesUnknown } = known
  const after = [
    now,
    endedUntil === null ? 0 : endedUntil + 2,
    previous === null ? 0 : previous + 1,
    replacesUnknown ? now + 1 : 0,
  ]
  return Math.max(...after)
}

/** The session of a sign-in, with the claims that are named. Throws a LoginFault when its provider is configured no longer. */
export function beginInCookie(
  { identity, transaction }: SignIn,
  at: {
    readonly edition: CookieSessionEdition
    readonly origin: Origin
    readonly id: string
    readonly now: EpochSeconds
    readonly order: EpochSeconds
  },
): SessionInCookie {
  const { origin, id, now, order } = at
  const { gateway } = at.edition
  const { issuer, clientId, state, returnTo } = transaction
  const provider = findProvider(gateway.providers, origin.providers, transaction)
  if (provider === null)
    throw new LoginFault('LOGIN_STATE_UNKNOWN', 'the provider of this sign-in is no longer configured')
  const kept = claimsToKeep({ gateway, origin, provider })
  const session: Session = {
    ...notKept,
    idTokenIssuedAt: now,
    scopes: scopesToKeep({ gateway, origin }, identity.scopes),
    checkedAt: now,
    key: sessionKey(id),
    origin: origin.origin,
    issuer,
    clientId,
    user: identity.user,
    claims: keepClaims(identity.claims, kept),
    signedInAt: now,
    lastSeenAt: now,
    signIn: {
      ...{ stateHash: stateHash(state), returnTo },
      ...(isForced(transaction.wish) ? { isForced: true as const } : {}),
    },
  }
  return { id, session, order, kept }
}

/** Never cut, as a claim that is missing could let somebody in; the page that was wanted is known as one without room for it. */
export function sealThatFits(
  { ring }: CookieSessionEdition,
  begun: SessionInCookie,
  origin: Origin,
  random: Random,
): { readonly kept: SessionInCookie; readonly cookieValue: Sealed } {
  const { session } = begun
  const without = { ...begun, session: { ...session, signIn: { ...session.signIn, returnTo: '' } } }
  for (const kept of [begun, without]) {
    const cookieValue = sealSessionInCookie(ring, kept, origin, random)
    if (cookieValue !== null) return { kept, cookieValue }
  }
  // What is sealed is written in letters that a cookie may hold: four for three bytes.
  const room = Math.floor((mostPiecesBytes(origin.cookies) * 3) / 4)
  const found = `the claims that the configuration names take ${bytesInCookie(without)} bytes as a session, two cookies have room for less than ${room}`
  const cure =
    'let the provider send fewer of them (groups above all), name fewer in rules and `identity_headers`'
  throw new LoginFault('LOGIN_CLAIMS_TOO_LARGE', `${found}; ${cure}, or choose another \`session.store\``)
}
