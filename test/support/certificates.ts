import type { ConnectionCertificate } from '../../src/core/certificate/connection-certificate.ts'
import type { Claims } from '../../src/core/rules/claims.ts'

/** What a connection showed, with these claims beside those that every certificate has. */
export function connectionCertificate(
  claims: Claims = {},
  { authority = 'partners', endsAt = 4_000_000_000 }: { authority?: string; endsAt?: number } = {},
): ConnectionCertificate {
  const fingerprint = '2jmj7l5rSw0yVb_vlWAYkK_YBwk2jmj7l5rSw0yVb_s'
  const own = { authority, fingerprint_sha256: Buffer.from(fingerprint, 'base64url').toString('hex') }
  return { authority, claims: { ...own, not_after: endsAt, ...claims }, fingerprint, endsAt }
}
