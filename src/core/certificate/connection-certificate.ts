import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'

/** The client certificate of a connection, verified in its handshake: chain, dates, CRL. */
export interface ConnectionCertificate {
  /** Name of the authority that its chain ends at. */
  readonly authority: string
  /** See `readCertificateClaims`. */
  readonly claims: Claims
  /** SHA-256 of its DER in base64url, as `x5t#S256` says it (RFC 8705 3.1). */
  readonly fingerprint: string
  /** Its `not_after`, judged at each request. */
  readonly endsAt: EpochSeconds
}

/** The certificate as it counts now; null: none was shown, or it has ended since the handshake. */
export function liveCertificate(
  certificate: ConnectionCertificate | null | undefined,
  now: EpochSeconds,
): ConnectionCertificate | null {
  return certificate === null || certificate === undefined || certificate.endsAt <= now ? null : certificate
}
