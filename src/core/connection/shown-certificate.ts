import type { EpochSeconds } from '../session/session.ts'
import type { ShownCertificate } from './facts.ts'

/**
 * What a certificate says of itself, as Node reads it; the dates as `Nov 28 17:05:00 2026 GMT`. Absent: none was shown.
 */
export function readShownCertificate(
  certificate:
    | {
        readonly validFrom: string
        readonly validTo: string
        readonly subjectAltName?: string | undefined
      }
    | undefined,
  now: EpochSeconds,
): ShownCertificate | null {
  if (certificate === undefined) return null
  const validTo = new Date(certificate.validTo)
  return {
    validFrom: new Date(certificate.validFrom),
    validTo,
    hasEnded: validTo.getTime() < now * 1000,
    names: certificate.subjectAltName ?? null,
  }
}
