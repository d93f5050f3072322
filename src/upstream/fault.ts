import { errors } from 'undici'
import { errorCode, isTlsCode } from '../core/error-code.ts'
import { type FaultCode, isFault, UpstreamFault } from '../core/fault.ts'

const timeouts = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

const aborted = new Set([
  'UND_ERR_SOCKET',
  'UND_ERR_ABORT',
  'UND_ERR_ABORTED',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
])

const invalid = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  // What Node says of a header that it will not write on.
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
])

/** What undici will not send, or not to its end: what is sent comes from us. */
const ours = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_INVALID_RETURN_VALUE',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

/** Whether a connection for the request was had: by that a code is told which nobody knows. */
export type Phase = 'connecting' | 'connected'

/**
 * What undici, net or tls threw, as a fault of ours; a bug of ours stays what it is. Judged by code, never by text, as
 * texts change. The original is the `cause`, for the log alone: it names addresses.
 */
export function toUpstreamFault(thrown: unknown, phase: Phase): Error {
  if (isFault(thrown)) return thrown
  // A parser's error does not always have a code.
  const code = thrown instanceof errors.HTTPParserError ? 'HPE_INVALID' : (errorCode(thrown) ?? 'unknown')
  const uncalled = uncalledFor(thrown)
  if (uncalled !== null) {
    const message = `the app answered ${uncalled}, which nobody had asked for`
    return new UpstreamFault('UPSTREAM_RESPONSE_INVALID', message, thrown)
  }
  // Undici, net and tls always say a code: without one it is a bug of ours, and shall look like one.
  if ((code === 'unknown' || ours.has(code)) && thrown instanceof Error) return thrown
  return new UpstreamFault(faultCode(code, phase), `the upstream failed: ${code}`, thrown)
}

function faultCode(code: string, phase: Phase): FaultCode {
  if (timeouts.has(code)) return 'UPSTREAM_TIMEOUT'
  if (invalid.has(code) || code.startsWith('HPE_')) return 'UPSTREAM_RESPONSE_INVALID'
  if (aborted.has(code)) return 'UPSTREAM_ABORTED'
  if (isTlsCode(code)) return 'UPSTREAM_TLS'
  switch (phase) {
    // ECONNREFUSED, ENOTFOUND, EMFILE, ENOENT of a Unix socket.
    case 'connecting':
      return 'UPSTREAM_UNREACHABLE'
    // ENETDOWN, EHOSTUNREACH of one that is open: its network went away.
    case 'connected':
      return 'UPSTREAM_ABORTED'
  }
}

/** The other side ended the connection, properly or not. Not undici's word for an abort of ours, nor a time-out. */
export function isClosedByPeer(error: Error): boolean {
  const code = errorCode(error)
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

/** The body was not as long as the head said. */
export function isLengthMismatch(error: Error): boolean {
  return errorCode(error) === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
}

/**
 * An interim answer that undici takes for none of its own: all that it says is a text, which test/e2e/odd-answers holds.
 * 102 and 103 are passed over (RFC 9110 section 15.2).
 */
function uncalledFor(thrown: unknown): string | null {
  if (!(thrown instanceof errors.SocketError)) return null
  if (thrown.message === 'bad response') return '100 Continue'
  return thrown.message === 'bad upgrade' ? '101 Switching Protocols' : null
}
