import { TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import { readCertificateTime } from '../core/certificate.ts'
import type { ShownCertificate } from '../core/connection/facts.ts'
import { readShownCertificate } from '../core/connection/shown-certificate.ts'
import type { Clock } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/** Who hears what a provider shows beside its answers. Nothing is asked for it. */
export interface ProviderObserver {
  /** By the provider's clock, at the moment of an answer. */
  dated(date: EpochSeconds): void
  /** When the certificate ends that a new connection was made with. Behind `HTTPS_PROXY` it is not seen. */
  connected(host: string, certificateEndsAt: EpochSeconds): void
  /** A code became tokens, with a refresh token among them or without. */
  redeemed?(refreshToken: boolean): void
}

export type TlsOptions = NonNullable<Parameters<typeof buildConnector>[0]>

/**
 * Connections as undici makes them by itself, each shown; a certificate that is refused is kept for the words of the
 * fault.
 */
export function watchedConnect(
  tls: TlsOptions,
  observer: ProviderObserver | undefined,
  clock: Pick<Clock, 'now'>,
): ReturnType<typeof buildConnector> {
  const connect = buildConnector(tls)
  return (options, callback) => {
    let certificate: ShownCertificate | null = null
    const dialled: unknown = connect(options, (...[error, socket]: Parameters<typeof callback>) => {
      if (error !== null) {
        if (certificate !== null) certificates.set(error, certificate)
        return callback(error, null)
      }
      if (socket instanceof TLSSocket) {
        const endsAt = readCertificateTime(socket.getPeerCertificate().valid_to)
        if (endsAt !== null) observer?.connected(options.hostname, endsAt)
      }
      callback(null, socket)
    })
    if (!(dialled instanceof TLSSocket)) return
    // Before Node's own listener, which verifies, and destroys what it does not accept.
    dialled.prependOnceListener('secure', () => {
      certificate = readShownCertificate(dialled.getPeerX509Certificate(), clock.now())
    })
  }
}

/** By the error that refused them. */
const certificates = new WeakMap<Error, ShownCertificate>()

/** The certificate that was refused; null: the error is about something else, or the certificate was not seen. */
export function certificateRefused(thrown: unknown): ShownCertificate | null {
  if (!(thrown instanceof Error)) return null
  return certificates.get(thrown) ?? certificateRefused(thrown.cause)
}

/** RFC 9110 5.6.7, the form that everybody sends. */
const imfFixdate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/**
 * What the clock of whoever answers shows: `Date` (RFC 9110 6.6.1), and for an answer that some cache kept, `Age` more
 * (RFC 9111 5.1). Null: it does not say.
 */
export function readDate(headers: { get(name: string): string | null }): EpochSeconds | null {
  const date = headers.get('date') ?? ''
  const age = headers.get('age') ?? '0'
  if (!imfFixdate.test(date) || !/^\d{1,9}$/.test(age)) return null
  const ms = Date.parse(date)
  return Number.isNaN(ms) ? null : ms / 1000 + Number(age)
}
