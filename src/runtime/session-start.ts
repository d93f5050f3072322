import type { Origin } from '../core/gateway.ts'
import { isForced } from '../core/keys/recent-sign-in.ts'
import type { Clock, Identity, SessionStore } from '../core/ports.ts'
import type { Random, Sealed } from '../core/session/seal.ts'
import {
  type EpochSeconds,
  forgetAt,
  type Session,
  type SessionKey,
  type SignInClient,
  sessionKey,
} from '../core/session/session.ts'
import { newOwnedSessionId } from '../core/session/session-owner.ts'
import type { Transaction } from '../core/session/transaction.ts'
import { stateHash } from '../core/session/transaction-cookie.ts'
import { tokensToKeep } from './kept-tokens.ts'
import { openSessionCookie, sealSessionCookie } from './session-cookie.ts'
import type { SessionEdition } from './session-edition.ts'
import { ownerOf } from './session-owner.ts'
import { refuseLarge } from './session-size.ts'

export interface SignIn {
  readonly identity: Identity
  readonly transaction: Transaction
  readonly origin: Origin
  /** The session cookie that came with the callback, as received. */
  readonly previousCookie: string | null
  /** From what somebody signs in; null: nothing is known. */
  readonly client: SignInClient | null
  /** The marks of sign-outs that came with it. */
  readonly marks?: readonly string[]
}

export interface Started {
  readonly cookieValue: Sealed
  readonly session: Session
  /** Sessions of the same person that ended, as one may have so many and no more. */
  readonly displaced: readonly SessionKey[]
}

interface StartSetup extends SessionEdition {
  readonly store: Pick<SessionStore, 'save'>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

/** How sessions end that the new one replaces, and what is told of those that ended as it was saved. */
interface Ends {
  readonly end: (session: Pick<Session, 'key'>) => Promise<boolean>
  readonly forget: (key: SessionKey) => void
}

/**
 * Saves a new session under a new id, then ends the one that this browser had, before and when it began to sign in. Rejects
 * with a StoreFault when either fails, with a LoginFault when the session is too large.
 */
export async function startSession(
  { store, gateway, ring, clock, random }: StartSetup,
  signIn: SignIn,
  { end, forget }: Ends,
): Promise<Started> {
  const { origin, previousCookie } = signIn
  const id = newOwnedSessionId(ownerOf(signIn, gateway.providers, ring), random)
  const session = toSession(signIn, sessionKey(id), clock.now(), gateway)
  refuseLarge(session)
  const previous = previousCookie === null ? null : openSessionCookie(ring, previousCookie, origin, random)
  const replaced = new Set([previous?.key ?? null, signIn.transaction.replaces].filter((key) => key !== null))
  const displaced = await store.save(session, forgetAt(session, origin), [...replaced])
  for (const key of displaced) forget(key)
  for (const key of replaced) await end({ key })
  return { cookieValue: sealSessionCookie(ring, id, origin, random), session, displaced }
}

function toSession(
  { identity, transaction, origin, client }: SignIn,
  key: SessionKey,
  now: EpochSeconds,
  gateway: SessionEdition['gateway'],
): Session {
  const { issuer, clientId, state, returnTo } = transaction
  const forced = isForced(transaction.wish) ? { isForced: true as const } : {}
  return {
    key,
    origin: origin.origin,
    issuer,
    clientId,
    user: identity.user,
    claims: identity.claims,
    idToken: identity.idToken,
    signedInAt: now,
    lastSeenAt: now,
    signIn: { stateHash: stateHash(state), returnTo, ...forced },
    subject: identity.subject,
    sid: identity.sid,
    idTokenIssuedAt: identity.issuedAt,
    scopes: identity.scopes,
    tokens: tokensToKeep(gateway, origin, transaction, identity.tokens),
    checkedAt: now,
    client,
    marks: {},
  }
}
