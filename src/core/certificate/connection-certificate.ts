import type { Claims } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'

/** The certificate that a client showed in the handshake of its connection, verified there: chain, dates, revocation. */
export interface ConnectionCertificate {
  /** The name of the authority that its chain ends at. */
  readonly authority: string
  readonly claims: Claims
  /** SHA-256 of its DER in base64url, as `x5t#S256` has it (RFC 8705 section 3.1). */
  readonly fingerprint: string
  /** `not_after`: a connection may outlive it. */
  readonly endsAt: EpochSeconds
}
