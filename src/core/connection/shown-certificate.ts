import type { ShownCertificate } from './facts.ts'

/** What a certificate says of itself, as Node reads it; the dates as `Nov 28 17:05:00 2026 GMT`. */
export function readShownCertificate(
  certificate: {
    readonly validFrom: string
    readonly validTo: string
    readonly subjectAltName?: string | undefined
  },
  nowMs: number,
): ShownCertificate {
  const validTo = new Date(certificate.validTo)
  return {
    validFrom: new Date(certificate.validFrom),
    validTo,
    hasEnded: validTo.getTime() < nowMs,
    names: certificate.subjectAltName ?? null,
  }
}
