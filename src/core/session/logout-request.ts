import type { ProviderLogout } from '../ports.ts'
import {
  type Addressee,
  addresseeOf,
  type LogoutToken,
  logoutTokenSeconds,
  readUnverifiedClaims,
} from './logout-token.ts'
import { fingerprint } from './seal.ts'
import { clockToleranceSeconds, type EpochSeconds } from './session.ts'

/** Whom a logout token says that it is from and for, unverified; null when it does not say. Never throws. */
export function readLogoutAddressee(token: string): Addressee | null {
  const claims = readUnverifiedClaims(token)
  return claims === null ? null : addresseeOf(claims)
}

/** What a verified logout token ends. Its `jti` stays spent for as long as the token could come again. */
export function logoutOfToken(token: LogoutToken, now: EpochSeconds): ProviderLogout {
  const { issuer, subject, sid, issuedAt, tokenId } = token
  const until = issuedAt + logoutTokenSeconds + clockToleranceSeconds
  const hash = fingerprint(JSON.stringify([issuer, tokenId]), 'base64url')
  return { issuer, subject, sid, issuedBy: issuedAt, jti: { hash, until }, at: now }
}

/**
 * What a session at the provider brought here, when nothing says by its clock when it ended: what was issued by now, as
 * far as clocks may differ.
 */
export function logoutOfSession(
  { issuer, sid }: { readonly issuer: string; readonly sid: string },
  now: EpochSeconds,
): ProviderLogout {
  return { issuer, subject: null, sid, issuedBy: now + clockToleranceSeconds, jti: null, at: now }
}
