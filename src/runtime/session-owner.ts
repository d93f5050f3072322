import { displayName } from '../core/display-name.ts'
import type { Gateway, Origin } from '../core/gateway.ts'
import type { Identity } from '../core/ports.ts'
import { findProvider, type ProviderId } from '../core/provider-id.ts'
import { accountHash } from '../core/session/account-hash.ts'
import type { KeyRing } from '../core/session/seal.ts'
import type { SessionOwner } from '../core/session/session-owner.ts'

interface WhoSignsIn {
  readonly identity: Pick<Identity, 'user' | 'claims'>
  readonly transaction: ProviderId
  readonly origin: Pick<Origin, 'providers'>
}

/** Whose a session becomes, as its cookie says it when the session has ended. */
export function ownerOf(
  { identity, transaction, origin }: WhoSignsIn,
  providers: Gateway['providers'],
  ring: KeyRing,
): SessionOwner {
  const { issuer, clientId } = transaction
  const { user, claims } = identity
  const provider = findProvider(providers, origin.providers, transaction)
  const name = provider === null ? null : displayName(claims, provider, user)
  return { account: accountHash(ring, { issuer, clientId, user }), name }
}
