import t from 'tap'
import type { ConnectionFailure, ConnectionPhase } from '../../../src/core/connection/facts.ts'
import { failureText } from '../../../src/core/connection/failure.ts'

// What a code of Node, undici or OpenSSL means, in words that name what would be right.

const phases: readonly ConnectionPhase[] = ['connecting', 'securing', 'asking', 'answering']
const text = (code: string, more: Partial<ConnectionFailure> = {}) =>
  failureText({
    ...{ code, phase: 'connecting', scheme: 'http', isUnixSocket: false, certificate: null },
    ...{ caKey: 'upstream.ca_file', ...more },
  })

/** What Node documents of tls ("X509 certificate error codes"), and its own. */
const certificateCodes = `UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_CRL UNABLE_TO_DECRYPT_CERT_SIGNATURE
  UNABLE_TO_DECRYPT_CRL_SIGNATURE UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY CERT_SIGNATURE_FAILURE CRL_SIGNATURE_FAILURE
  CERT_NOT_YET_VALID CERT_HAS_EXPIRED CRL_NOT_YET_VALID CRL_HAS_EXPIRED ERROR_IN_CERT_NOT_BEFORE_FIELD
  ERROR_IN_CERT_NOT_AFTER_FIELD ERROR_IN_CRL_LAST_UPDATE_FIELD ERROR_IN_CRL_NEXT_UPDATE_FIELD OUT_OF_MEM
  DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT_LOCALLY
  UNABLE_TO_VERIFY_LEAF_SIGNATURE CERT_CHAIN_TOO_LONG CERT_REVOKED INVALID_CA PATH_LENGTH_EXCEEDED INVALID_PURPOSE
  CERT_UNTRUSTED CERT_REJECTED HOSTNAME_MISMATCH ERR_TLS_CERT_ALTNAME_INVALID ERR_TLS_CERT_ALTNAME_FORMAT`.split(
  /\s+/,
)
/** connect(2), send(2), recv(2), getaddrinfo(3). */
const networkCodes =
  `ECONNREFUSED ECONNRESET EPIPE ECONNABORTED ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN
  ENETRESET ENONET EADDRNOTAVAIL EADDRINUSE EAFNOSUPPORT EACCES EPERM EMFILE ENFILE ENOBUFS ENOMEM EINVAL ENOTFOUND EAI_AGAIN
  EAI_NODATA EAI_NONAME EAI_FAIL EAI_MEMORY EAI_SERVICE EAI_FAMILY`.split(/\s+/)
const socketCodes =
  'ENOENT ECONNREFUSED EACCES EPERM ENOTSOCK ENOTDIR EPROTOTYPE ENAMETOOLONG ELOOP EAGAIN'.split(' ')
const undiciCodes =
  `UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_HEADERS_OVERFLOW UND_ERR_BODY_TIMEOUT
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH UND_ERR_SOCKET UND_ERR_CLOSED UND_ERR_DESTROYED UND_ERR_ABORT UND_ERR_ABORTED UND_ERR_INFO
  UND_ERR_PRX_TLS`.split(/\s+/)
const alerts =
  `HANDSHAKE_FAILURE PROTOCOL_VERSION INSUFFICIENT_SECURITY INTERNAL_ERROR UNKNOWN_CA BAD_CERTIFICATE ACCESS_DENIED
  UNSUPPORTED_CERTIFICATE CERTIFICATE_REVOKED CERTIFICATE_EXPIRED CERTIFICATE_UNKNOWN ILLEGAL_PARAMETER DECODE_ERROR DECRYPT_ERROR`
    .split(/\s+/)
    .flatMap((name) => [`ERR_SSL_SSLV3_ALERT_${name}`, `ERR_SSL_TLSV1_ALERT_${name}`])
const tlsCodes = [
  ...alerts,
  ...['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'EPROTO'],
  ...['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_SSL_NO_SHARED_CIPHER'],
  ...['ERR_TLS_HANDSHAKE_TIMEOUT', 'ERR_SSL_BAD_SIGNATURE'],
]
const parserCodes =
  `HPE_INVALID_CONSTANT HPE_INVALID_VERSION HPE_INVALID_STATUS HPE_INVALID_HEADER_TOKEN HPE_CR_EXPECTED
  HPE_LF_EXPECTED HPE_STRICT HPE_INVALID_CONTENT_LENGTH HPE_UNEXPECTED_CONTENT_LENGTH HPE_INVALID_TRANSFER_ENCODING
  HPE_INVALID_CHUNK_SIZE HPE_INVALID_EOF_STATE HPE_CLOSED_CONNECTION HPE_INTERNAL HPE_INVALID HTTPParserError Z_DATA_ERROR
  ERR_INVALID_CHAR ERR_INVALID_HTTP_TOKEN`.split(/\s+/)

t.test(
  'every code that can arrive has words of its own, in every phase, and stands behind them',
  async (t) => {
    for (const phase of phases) {
      for (const code of [
        ...certificateCodes,
        ...networkCodes,
        ...undiciCodes,
        ...tlsCodes,
        ...parserCodes,
      ]) {
        const said = text(code, { phase })
        t.match(said, ` (${code})`, code)
        t.notMatch(said, /^the connection failed/, code)
        t.notMatch(
          said.replace(` (${code})`, '').replace('`HTTPS_PROXY`', ''),
          /[A-Z]{2,}_[A-Z]|undefined|null|\n/,
          code,
        )
      }
      for (const code of socketCodes) {
        const said = text(code, { phase, isUnixSocket: true })
        t.notMatch(said, /^the connection failed/, code)
        t.match(said, ` (${code})`, code)
      }
    }
  },
)

t.test('a code that nobody knows says how far the connection had come', async (t) => {
  t.same(
    phases.map((phase) => text('EODD', { phase })),
    [
      'the connection failed while it was being made (EODD)',
      'the connection failed in the TLS handshake (EODD)',
      'the connection failed before anything of an answer came (EODD)',
      'the connection failed in the midst of the answer (EODD)',
    ],
  )
  t.equal(
    text('ENOENT'),
    'the connection failed while it was being made (ENOENT)',
    'of a file, at an address',
  )
})

t.test('what calls itself a code is cut and cleaned', async (t) => {
  t.equal(text('A\n{"b"}\u202e'), 'the connection failed while it was being made (A???b???)')
  t.equal(text('x'.repeat(500)).length, 'the connection failed while it was being made ()'.length + 80)
  t.match(text(''), /\(no code\)$/)
})

t.test('a certificate is told by what it says of itself', async (t) => {
  const certificate = {
    validFrom: new Date('2026-01-02T03:04:05Z'),
    validTo: new Date('2026-02-03T04:05:06Z'),
    hasEnded: true,
    names: 'DNS:a.example, IP Address:10.0.0.5',
  }
  t.equal(
    text('CERT_HAS_EXPIRED', { certificate }),
    'its certificate ended on 2026-02-03: it needs a new one (CERT_HAS_EXPIRED)',
  )
  const above = 'a certificate that it shows has ended: it needs a new one (CERT_HAS_EXPIRED)'
  t.equal(text('CERT_HAS_EXPIRED'), above)
  t.equal(text('CERT_HAS_EXPIRED', { certificate: { ...certificate, hasEnded: false } }), above)
  t.match(text('CERT_NOT_YET_VALID', { certificate }), 'holds from 2026-01-02 on')
  t.match(text('ERR_TLS_CERT_ALTNAME_INVALID', { certificate }), 'is for a.example, 10.0.0.5, and not for')
  const none = { ...certificate, names: null, validFrom: new Date(Number.NaN) }
  t.match(text('ERR_TLS_CERT_ALTNAME_INVALID', { certificate: none }), 'is for no name, and')
  t.match(text('CERT_NOT_YET_VALID', { certificate: none }), 'from a day that cannot be read')
  const odd = { ...certificate, names: `DNS:a\u202e"\n${'b'.repeat(500)}` }
  const said = text('ERR_TLS_CERT_ALTNAME_INVALID', { certificate: odd })
  t.match(said, 'is for a???bbb')
  t.ok(said.length < 350)
})

t.test('the key that cures it is the caller’s', async (t) => {
  t.match(text('DEPTH_ZERO_SELF_SIGNED_CERT', { caKey: 'ca_file' }), '`ca_file`')
  t.match(text('SELF_SIGNED_CERT_IN_CHAIN'), '`upstream.ca_file`')
})

t.test('a connection that was closed is told by when', async (t) => {
  t.match(text('ECONNRESET', { phase: 'securing', scheme: 'https' }), 'it may speak http')
  t.match(text('UND_ERR_SOCKET', { phase: 'asking' }), 'without an answer: it broke off')
  t.match(text('UND_ERR_SOCKET', { phase: 'asking', scheme: 'https' }), 'client certificate')
  t.match(text('UND_ERR_SOCKET', { phase: 'answering' }), 'in the midst of its answer')
  t.match(text('ETIMEDOUT'), 'its machine is off')
  t.match(text('ETIMEDOUT', { phase: 'asking' }), 'the network went away under an open connection')
})
