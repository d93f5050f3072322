import type { EpochSeconds } from './session/session.ts'

/** Whose certificate it is, as operators see it. */
export type CertificateRole = 'listener' | 'upstream' | 'provider' | 'client' | 'ca'

/** One certificate, as far as its end goes. */
export interface CertificateEnd {
  readonly role: CertificateRole
  /** The host that it is shown by, or shown to: a name of the file. */
  readonly host: string
  /** The address by which it was shown, with its port: one host may have several. Absent: of the file. */
  readonly place?: string
  readonly endsAt: EpochSeconds
}

export type CertificateState = 'ended' | 'ends-soon' | 'good'

/** Long enough to renew by hand, and longer than what renewal by ACME leaves. */
const soonDays = 30

const daySeconds = 24 * 60 * 60

/** What an operator has to know of a certificate now. */
export function certificateState(endsAt: EpochSeconds, now: EpochSeconds): CertificateState {
  if (endsAt <= now) return 'ended'
  return endsAt - now <= soonDays * daySeconds ? 'ends-soon' : 'good'
}

/** `ended on 2026-11-27`, or `ends on 2026-12-03, in 5 days`: behind the name of what it is the certificate of. */
export function certificateEndText(endsAt: EpochSeconds, now: EpochSeconds): string {
  const date = new Date(endsAt * 1000).toISOString().slice(0, 10)
  if (endsAt <= now) return `ended on ${date}`
  const days = Math.floor((endsAt - now) / daySeconds)
  return `ends on ${date}, in ${days === 1 ? '1 day' : `${days} days`}`
}

/** From what Node says of a certificate: `Nov 28 17:05:00 2026 GMT`. Null: no time. */
export function readCertificateTime(text: string): EpochSeconds | null {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : Math.floor(ms / 1000)
}

/** Whether a name of a certificate covers a host: a wildcard stands for one whole label, the leftmost (RFC 9525 6.3). */
export function coversHost(name: string, host: string): boolean {
  if (!name.startsWith('*.')) return name === host
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === name.slice(1)
}
