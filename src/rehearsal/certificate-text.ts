import type { Probe } from '../http/admission/probe.ts'

/** What the connection shows beside who asks; empty: no certificate. */
export function certificateText({ certificate }: Pick<Probe, 'certificate'>): string {
  return certificate ? ` with a certificate ${JSON.stringify(certificate.claims)}` : ''
}
