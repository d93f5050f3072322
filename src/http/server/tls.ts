import { constants, X509Certificate } from 'node:crypto'
import type http from 'node:http'
import type { Server } from 'node:http'
import https from 'node:https'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { coversHost } from '../../core/certificate.ts'
import type { Gateway, ListenSettings } from '../../core/gateway.ts'

/** What a listener shows, and what it asks of clients. */
export interface TlsSettings extends Pick<ListenSettings, 'tls' | 'clientCa'> {
  /** PEM of the authorities whose certificates are asked for, and not demanded; absent: none are. */
  readonly asked?: readonly string[]
}

/** Of a place of `listen`. */
export function tlsOf(
  { tls, clientCa, asksCertificates }: ListenSettings,
  { clientCertificates }: Pick<Gateway, 'clientCertificates'>,
): TlsSettings {
  if (!asksCertificates) return { tls, clientCa }
  return { tls, clientCa, asked: clientCertificates?.authorities.map(({ ca }) => ca) ?? [] }
}

/** The first certificate serves clients that name no host; the others by the names they hold (SNI, RFC 6066). */
export function createTlsServer(
  listen: TlsSettings,
  { silenceMs }: { readonly silenceMs: number },
  options: http.ServerOptions,
): https.Server {
  const server: https.Server = https.createServer({
    ...options,
    handshakeTimeout: silenceMs,
    ...clientsOf(listen),
    ...askedOnce(listen),
    SNICallback: (name, done) => done(null, contextFor(server, name)),
  })
  useCertificates(server, listen)
  return server
}

function clientsOf({ clientCa, asked }: TlsSettings): https.ServerOptions {
  if (clientCa !== null) return { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  // Never a reason for the handshake to fail: what is shown is judged behind it.
  return asked === undefined ? {} : { ca: [...asked], requestCert: true, rejectUnauthorized: false }
}

/**
 * A certificate is verified in a handshake, so where one is asked for each connection has a whole one: no session is
 * resumed, by a ticket or by its id (node:https keeps none by itself), and none is negotiated anew on a connection.
 */
function askedOnce({ asked }: TlsSettings): Pick<SecureContextOptions, 'secureOptions'> {
  if (asked === undefined) return {}
  return { secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION }
}

/** From the next handshake on: at the start, and when a certificate was renewed. Nothing for a server without TLS. */
export function useCertificates(server: Server, listen: TlsSettings): void {
  if (!(server instanceof https.Server)) return
  const { ca } = clientsOf(listen)
  const contextOf = ({ certificate, key }: TlsSettings['tls'][number]): SecureContextOptions => ({
    cert: certificate,
    key: key.reveal(),
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...askedOnce(listen),
  })
  const [first, ...others] = listen.tls
  if (first !== undefined) server.setSecureContext(contextOf(first))
  const named = others.map((pair) => ({
    names: dnsNames(pair.certificate),
    context: createSecureContext(contextOf(pair)),
  }))
  contexts.set(server, named)
}

interface NamedContext {
  readonly names: readonly string[]
  readonly context: SecureContext
}

/** Ours, as the server's own list (`addContext`) only ever grows: it would go on with certificates that were replaced. */
const contexts = new WeakMap<https.Server, readonly NamedContext[]>()

/** Of two certificates for one name the later; none: the server takes the first of all. */
function contextFor(server: https.Server, name: string): SecureContext | undefined {
  const asked = name.toLowerCase()
  return contexts.get(server)?.findLast(({ names }) => names.some((own) => coversHost(own, asked)))?.context
}

function dnsNames(certificate: string): readonly string[] {
  const names = new X509Certificate(certificate).subjectAltName ?? ''
  return names.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))
}
