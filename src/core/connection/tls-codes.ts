import type { ConnectionFailure } from './facts.ts'

/** Why TLS came to nothing, by OpenSSL's reason as Node names it (ERR_SSL_…). Null: another code. */
export function tlsWords({ code }: ConnectionFailure): string | null {
  if (noTls.has(code))
    return 'it speaks no TLS there, and the address says https: write http, or another port'
  const alert = alertOf(code)
  if (alert !== null) return `it ended the TLS handshake: ${alertWords.get(alert) ?? plain(alert)}`
  const own = ownWords.get(code)
  if (own !== undefined) return `TLS could not be agreed upon: ${own}`
  const reason = /^ERR_(?:SSL|TLS|OSSL)_(.+)$/.exec(code)?.[1]
  if (reason !== undefined) return `TLS could not be agreed upon: ${plain(reason)}`
  return code === 'EPROTO' ? 'TLS could not be agreed upon' : null
}

/** What OpenSSL makes of an answer that is no record of TLS. */
const noTls: ReadonlySet<string> = new Set([
  ...['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST'],
  ...['ERR_SSL_UNKNOWN_PROTOCOL', 'ERR_SSL_HTTPS_PROXY_REQUEST', 'ERR_SSL_BAD_RECORD_TYPE'],
])

/** RFC 8446 section 6.2: what the other side said as it ended the handshake. */
function alertOf(code: string): string | null {
  if (code === 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME') return 'UNRECOGNIZED_NAME'
  return /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_ALERT_(.+)$/.exec(code)?.[1] ?? null
}

const alertWords: ReadonlyMap<string, string> = new Map([
  ['HANDSHAKE_FAILURE', 'it accepts none of the ciphers that are offered, or asks for a client certificate'],
  ['PROTOCOL_VERSION', 'it speaks no version of TLS that is accepted here (1.2 and 1.3)'],
  ['INSUFFICIENT_SECURITY', 'it asks for stronger ciphers'],
  ['UNRECOGNIZED_NAME', 'it does not know the name of this address: see its host, and the names it serves'],
  ['CERTIFICATE_REQUIRED', 'it asks for a client certificate'],
  ['BAD_CERTIFICATE', 'it does not accept the client certificate'],
  ['CERTIFICATE_EXPIRED', 'it says that the client certificate has ended'],
  ['CERTIFICATE_REVOKED', 'it says that the client certificate is revoked'],
  ['CERTIFICATE_UNKNOWN', 'it does not accept the client certificate'],
  ['UNSUPPORTED_CERTIFICATE', 'it does not accept client certificates of this kind'],
  ['NO_CERTIFICATE', 'it asks for a client certificate'],
  ['UNKNOWN_CA', 'it does not know the authority of the client certificate'],
  ['ACCESS_DENIED', 'it lets this client certificate do nothing'],
  ['NO_APPLICATION_PROTOCOL', 'it does not speak HTTP/1.1'],
  ['INTERNAL_ERROR', 'it has a fault of its own: see its log'],
])

const ownWords: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'it speaks no version of TLS that is accepted here (1.2 and 1.3)'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'no cipher is known to both'],
  ['ERR_SSL_DH_KEY_TOO_SMALL', 'its key exchange is too weak (Diffie-Hellman below 2048 bits)'],
  ['ERR_SSL_EE_KEY_TOO_SMALL', 'the key of its certificate is too short'],
  ['ERR_SSL_CA_MD_TOO_WEAK', 'its certificate is signed with a hash that is too weak'],
  ['ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED', 'it lacks secure renegotiation (RFC 5746): update it'],
  ['ERR_SSL_UNEXPECTED_EOF_WHILE_READING', 'it closed the connection without saying so'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'it did not finish the handshake in time'],
  ['ERR_TLS_DH_PARAM_SIZE', 'its key exchange is too weak (Diffie-Hellman)'],
])

/** OpenSSL's reasons are words already. */
function plain(reason: string): string {
  return reason.toLowerCase().replaceAll('_', ' ').slice(0, 80)
}
