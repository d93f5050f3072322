import type { ProviderId } from '../provider-id.ts'
import { type KeyRing, keyedHashes, type SealScope, sameText } from './seal.ts'

/** Somebody at a provider. */
export interface Account extends ProviderId {
  readonly user: string
}

const scope: SealScope = { purpose: 'index', context: ['account'] }

/** Whose account a sign-in is to bring back, for an attempt that travels in a cookie: nobody learns who it is. */
export function accountHash(ring: KeyRing, account: Account): string {
  return hashesOf(ring, account)[0]
}

/** Whether it is this account's hash, by any of the secrets. */
export function isAccount(ring: KeyRing, hash: string, account: Account): boolean {
  return hashesOf(ring, account).some((one) => sameText(one, hash))
}

function hashesOf(ring: KeyRing, { issuer, clientId, user }: Account): readonly [string, ...string[]] {
  return keyedHashes(ring, scope, JSON.stringify([issuer, clientId, user]))
}
