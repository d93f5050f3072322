import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import type { ClientCertificateSettings } from './settings.ts'

/** The certificate that a client showed in the handshake of its connection, verified there: chain, dates, revocation. */
export interface ConnectionCertificate {
  /** The name of the authority that its chain ends at. */
  readonly authority: string
  /** See `readCertificateClaims`. */
  readonly claims: Claims
  /** SHA-256 of its DER in base64url, as `x5t#S256` has it (RFC 8705 section 3.1). */
  readonly fingerprint: string
  /** `not_after`: a connection may outlive it. */
  readonly endsAt: EpochSeconds
}

/**
 * The certificate as it counts now, under the configuration in force; null: none was shown, it has ended since the
 * handshake, or its authority is none any more.
 */
export function liveCertificate(
  certificate: ConnectionCertificate | null | undefined,
  settings: ClientCertificateSettings | null,
  now: EpochSeconds,
): ConnectionCertificate | null {
  if (certificate === null || certificate === undefined || settings === null) return null
  if (certificate.endsAt <= now) return null
  return settings.authorities.some(({ name }) => name === certificate.authority) ? certificate : null
}
