/**
 * The code of what undici, net, tls or Fastify threw: of the first where several were tried, of the cause where the
 * error itself has none. Null: none. Errors are judged by it and never by their text, as texts change.
 */
export function errorCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return errorCode(thrown.errors[0])
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code
  return errorCode(thrown.cause)
}

/**
 * A certificate was not accepted. OpenSSL's verification results have bare names (X509_V_ERR_… without the prefix);
 * Node's own begin with ERR_TLS_CERT.
 */
export function isCertificateCode(code: string): boolean {
  return /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_|INVALID_(PURPOSE|CA)$)/.test(
    code,
  )
}

/** TLS failed, over a certificate or otherwise. */
export function isTlsCode(code: string): boolean {
  return code === 'EPROTO' || /^ERR_(TLS|SSL)_/.test(code) || isCertificateCode(code)
}
