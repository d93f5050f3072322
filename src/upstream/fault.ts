import { errors } from 'undici'
import type { ConnectionPhase } from '../core/connection/facts.ts'
import { failureText } from '../core/connection/failure.ts'
import { errorCode, isTlsCode } from '../core/error-code.ts'
import { type FaultCode, isFault, UpstreamFault } from '../core/fault.ts'
import type { UpstreamRequest } from '../core/ports.ts'
import { upstreamPlace } from '../core/upstream-settings.ts'
import type { Reached } from './reached.ts'

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

/** How far an exchange had come when something went wrong. */
export interface Situation {
  readonly request: Pick<UpstreamRequest, 'app' | 'upstream' | 'timeouts'>
  readonly phase: ConnectionPhase
  /** What its connection had come to; null: it had none. */
  readonly reached: Reached | null
  /** Asked afterwards, where an answer over http was none: whether the other side speaks TLS. */
  readonly speaksTls?: boolean
}

/**
 * What undici, net or tls threw, as a fault of ours; a bug of ours stays what it is. Judged by code, never by text, as
 * texts change. The message names the app, its address, how far it came and what helps. The original is the `cause`,
 * for the log alone.
 */
export function toUpstreamFault(thrown: unknown, situation: Situation): Error {
  const { request, phase } = situation
  const place = upstreamPlace(request.app, request.upstream)
  if (isFault(thrown)) return new UpstreamFault(thrown.code, `${place}: ${thrown.message}`, thrown.cause)
  // A parser's error does not always have a code.
  const code = thrown instanceof errors.HTTPParserError ? 'HPE_INVALID' : (errorCode(thrown) ?? 'unknown')
  const uncalled = uncalledFor(thrown)
  if (uncalled !== null) {
    const message = `${place}: it answered ${uncalled}, which nobody had asked for`
    return new UpstreamFault('UPSTREAM_RESPONSE_INVALID', message, thrown)
  }
  // Undici, net and tls always say a code: without one it is a bug of ours, and shall look like one.
  if ((code === 'unknown' || ours.has(code)) && thrown instanceof Error) return thrown
  if (situation.speaksTls)
    return new UpstreamFault(
      'UPSTREAM_TLS',
      `${place}: it speaks TLS, the file says http: write https in \`upstream\``,
      thrown,
    )
  return new UpstreamFault(faultCode(code, phase), `${place}: ${textOf(code, situation)}`, thrown)
}

/** What waited too long is told with the time and the key that sets it; else by the code. */
function textOf(code: string, { request, phase, reached }: Situation): string {
  const { upstream, timeouts } = request
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT': {
      const time = `${timeouts.connectSeconds} s (\`timeouts.connect\`)`
      return phase === 'securing'
        ? `it took the connection and did not finish the TLS handshake within ${time}: it may speak http, not TLS`
        : `no connection could be made within ${time}: its machine is off, or a firewall drops what is sent`
    }
    case 'UND_ERR_HEADERS_TIMEOUT':
      return answeredNothing(timeouts.responseSeconds)
    case 'UND_ERR_BODY_TIMEOUT':
      return saidNothingMore(timeouts.idleSeconds)
    default:
      return failureText({
        ...{ code, phase, scheme: upstream.scheme, isUnixSocket: upstream.socketPath !== null },
        ...{ certificate: reached?.certificate ?? null, caKey: 'upstream.ca_file' },
      })
  }
}

/** The same whoever timed it. */
export function answeredNothing(responseSeconds: number): string {
  return `it answered nothing for ${responseSeconds} s after the request was sent (\`timeouts.response\`)`
}

/** The same, of an answer that has begun. */
export function saidNothingMore(idleSeconds: number): string {
  return `it sent nothing more of its answer for ${idleSeconds} s (\`timeouts.idle\`)`
}

function faultCode(code: string, phase: ConnectionPhase): FaultCode {
  if (timeouts.has(code)) return 'UPSTREAM_TIMEOUT'
  if (invalid.has(code) || code.startsWith('HPE_')) return 'UPSTREAM_RESPONSE_INVALID'
  if (aborted.has(code)) return 'UPSTREAM_ABORTED'
  if (isTlsCode(code)) return 'UPSTREAM_TLS'
  switch (phase) {
    // ECONNREFUSED, ENOTFOUND, EMFILE, ENOENT of a Unix socket.
    case 'connecting':
    case 'securing':
      return 'UPSTREAM_UNREACHABLE'
    // ENETDOWN, EHOSTUNREACH of one that is open: its network went away.
    case 'asking':
    case 'answering':
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
