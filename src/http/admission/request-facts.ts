import type { IncomingHttpHeaders } from 'node:http'
import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import type { RejectReason, RejectStatus } from '../../core/decision.ts'
import type { Location } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { PeerFacts } from '../../core/request/forwarded.ts'

/** What the gate reads of a request. A raw Node request fits it; a test writes it by hand. */
export interface RequestFacts {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value … as received. */
  readonly rawHeaders: readonly string[]
  readonly socket: PeerFacts & {
    /** What the client showed in the handshake; null or absent: nothing that counts. */
    readonly certificate?: ConnectionCertificate | null
    /** The name that the client gave in the handshake; null: none. Absent: where no certificate is asked for. */
    readonly handshakeName?: string | null
  }
}

interface Refusal {
  readonly status: RejectStatus
  readonly reason: RejectReason
}

/** Why a request is refused before anything of it is looked at, or null. */
export function unreadable(facts: RequestFacts): Refusal | null {
  if (facts.httpVersion !== '1.1') {
    if (facts.httpVersion !== '1.0') return { status: 505, reason: 'http-version' }
    if (facts.headers['transfer-encoding'] !== undefined) return { status: 400, reason: 'http-version' }
  }
  // Node would drop those beyond 2,000 in silence.
  if (facts.rawHeaders.length > 2 * limits.requestHeaderLines)
    return { status: 431, reason: 'too-many-headers' }
  const { expect } = facts.headers
  // RFC 9110 section 10.1.1 knows one; our own addresses meet no other either.
  return expect === undefined || expect.toLowerCase() === '100-continue'
    ? null
    : { status: 417, reason: 'expectation-unknown' }
}

/** Why a request that may pass is not asked for its body: an announced length that is too much. */
export function unacceptableBody(headers: IncomingHttpHeaders, { forwarding }: Location): Refusal | null {
  const { 'content-length': length } = headers
  // What is not announced is counted while it passes.
  const tooLarge =
    length !== undefined && forwarding.maxBodyBytes !== null && Number(length) > forwarding.maxBodyBytes
  return tooLarge ? { status: 413, reason: 'body-too-large' } : null
}

/** The values of all lines of a name, in order; Node has joined them with commas. */
export function linesOf(
  facts: RequestFacts,
  name: 'x-forwarded-for' | 'x-forwarded-proto',
): readonly string[] {
  const value = facts.headers[name]
  if (value === undefined) return none
  return typeof value === 'string' ? [value] : value
}

const none: readonly string[] = []
