import t from 'tap'
import { errorCode, isCertificateCode, isTlsCode } from '../../src/core/error-code.ts'

const coded = (code: unknown, cause?: unknown) => Object.assign(new Error('text', { cause }), { code })

t.test('the code of what was thrown', async (t) => {
  const rows: [string, unknown, string | null][] = [
    ['its own', coded('ECONNRESET'), 'ECONNRESET'],
    ['its own before that of its cause', coded('UND_ERR_SOCKET', coded('EPIPE')), 'UND_ERR_SOCKET'],
    [
      'that of its cause, however deep',
      new Error('a', { cause: new Error('b', { cause: coded('EPIPE') }) }),
      'EPIPE',
    ],
    [
      'of several attempts the first',
      new AggregateError([coded('ECONNREFUSED'), coded('EPIPE')]),
      'ECONNREFUSED',
    ],
    ['none', new Error('ECONNRESET'), null],
    ['a number is none', coded(5), null],
    ['of no attempts none', new AggregateError([]), null],
    ['what is no error has none', { code: 'EPIPE' }, null],
    ['nothing has none', undefined, null],
  ]
  for (const [name, thrown, code] of rows) t.equal(errorCode(thrown), code, name)
})

t.test('what is wrong with a certificate, and with TLS at all', async (t) => {
  const certificate = [
    ...['CERT_HAS_EXPIRED', 'CERT_REVOKED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'HOSTNAME_MISMATCH', 'INVALID_PURPOSE', 'INVALID_CA'],
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ]
  const otherwise = ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_TLS_HANDSHAKE_TIMEOUT']
  const neither = ['ECONNRESET', 'INVALID_CALL', 'ERR_HTTP_INVALID', 'CERTAIN', '']
  for (const code of certificate) t.ok(isCertificateCode(code) && isTlsCode(code), code)
  for (const code of otherwise) t.ok(!isCertificateCode(code) && isTlsCode(code), code)
  for (const code of neither) t.notOk(isTlsCode(code), code)
})
