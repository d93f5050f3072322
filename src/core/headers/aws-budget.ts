import type { AwsSettings } from '../aws-settings.ts'
import { limits } from '../limits/table.ts'
import type { UpstreamSettings } from '../upstream-settings.ts'

/** What the headers of one request may have, in bytes. */
interface HeaderBudget {
  /** Those of the gateway, whoever asks. */
  readonly own: number
  /** These and the client's. */
  readonly all: number
}

type Way = Pick<UpstreamSettings, 'aws' | 'lambda' | 'origin' | 'ownOrigin'>

/**
 * What API Gateway takes; null: the upstream is none. A private API takes less: it is told by an endpoint of its own, or by
 * the name of one in the host.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export function headerBudget({ aws, lambda, origin, ownOrigin }: Way): HeaderBudget | null {
  if (aws?.service !== 'execute-api' || lambda !== null) return null
  const isPrivate = origin !== ownOrigin || /(?:\/\/|-)vpce-[0-9a-z-]+\./.test(ownOrigin)
  return {
    own: limits.apiOwnHeaderBytes,
    all: isPrivate ? limits.privateApiHeaderBytes : limits.apiHeaderBytes,
  }
}

/** Flat headers as lines of HTTP/1.1: name, colon, space, value and the end of the line, each. */
export function lineBytes(headers: readonly string[], from = 0, to: number = headers.length): number {
  let bytes = 2 * (to - from)
  for (let i = from; i < to; i++) bytes += (headers[i] ?? '').length
  return bytes
}

/** What the connection adds: `connection`, and the length of a body that came in chunks. */
const connectionBytes = lineBytes(['connection', 'keep-alive', 'content-length', '10485760'])

/**
 * What is left of the gateway's own for headers that say who somebody is, beside the lines that are always there and what the
 * signature adds, in bytes; below 0: not even these fit. Null: nothing is counted there.
 */
export function leftForIdentity(upstream: Way, always: readonly string[], added: number): number | null {
  const budget = headerBudget(upstream)
  return budget && budget.own - lineBytes(always) - added - connectionBytes
}

/** What the lines of a signature have, by the lengths of the id and of the session token (0: there is none) that sign. */
export function signatureBytes(
  { service, region }: { readonly service: string; readonly region: string },
  idLength: number,
  tokenLength: number,
): number {
  const scope = `/20260101/${region}/${service}/aws4_request`.length
  return signatureLines + scope + idLength + (tokenLength === 0 ? 0 : tokenLine + tokenLength)
}

/** The same for those who have no credentials at hand: as the configuration gives them, or as long as they may be. */
export function signatureBytesAtMost(aws: AwsSettings): number {
  const { given, role } = aws.credentials
  if (given === null || role !== null) return signatureBytes(aws, someKeyId.length, limits.awsTokenBytes)
  return signatureBytes(aws, given.accessKeyId.length, given.sessionToken?.reveal().length ?? 0)
}

/** As long as IAM's are. */
export const someKeyId = 'AKIAIOSFODNN7EXAMPLE'

const tokenLine = lineBytes(['X-Amz-Security-Token', ''])
const hash = '0'.repeat(64)
const signedNames = 'content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token'
const signatureLines = lineBytes([
  ...['X-Amz-Date', '20260101T000000Z', 'X-Amz-Content-Sha256', hash],
  ...['Authorization', `AWS4-HMAC-SHA256 Credential=, SignedHeaders=${signedNames}, Signature=${hash}`],
])

/** A request as it is counted against what API Gateway takes, before it is signed. */
export interface CountedRequest {
  readonly method: string
  /** As it is sent. */
  readonly path: string
  /** Flat; the client's stand first. */
  readonly headers: readonly string[]
  /** How many entries of these are the client's. */
  readonly ofClient: number
  /** Bytes of the lines that are added as it is sent: the signature, and a session token. */
  readonly added: number
}

interface BudgetRefusal {
  readonly reason: 'identity-unsendable' | 'headers-too-large'
  /** The sizes, for the log alone. */
  readonly detail: string
}

/** Why the headers of a request that was let in cannot be sent. `detail` is for the log alone. */
export interface Unsent {
  readonly reason: BudgetRefusal['reason'] | 'connection-options' | 'content-type-ambiguous'
  readonly detail: string | null
}

/**
 * Why a request does not fit, or null. REST APIs count header lines; HTTP APIs count the request line and the values. Which
 * one it is nobody can tell from outside, so both must fit. Nothing is dropped: an app that misses a header believes
 * something else.
 */
export function overBudget(upstream: Way, request: CountedRequest): BudgetRefusal | null {
  const budget = headerBudget(upstream)
  if (budget === null) return null
  const { headers, ofClient, method, path } = request
  const own = lineBytes(headers, ofClient) + request.added + connectionBytes
  if (own > budget.own) {
    const parts = `the signature and a session token ${request.added} of them`
    const detail = `the gateway’s own headers would have ${own} bytes, ${parts}; to API Gateway they have ${budget.own} at most: send fewer identity headers, or fewer elements with \`only\``
    return { reason: 'identity-unsendable', detail }
  }
  const client = lineBytes(headers, 0, ofClient)
  const requestLine = `${method} ${path} HTTP/1.1\r\n`.length
  const lines = own + client
  const values = requestLine + lines - namesBytes(headers)
  if (Math.max(lines, values) <= budget.all) return null
  const detail = `the headers would have ${lines} bytes, the client’s ${client} and the gateway’s ${own}, beside a request line of ${requestLine}; API Gateway takes ${budget.all}`
  return { reason: 'headers-too-large', detail }
}

/** Names and what separates them from their values, of all lines that are known here. */
function namesBytes(headers: readonly string[]): number {
  let bytes = 0
  for (let i = 0; i < headers.length; i += 2) bytes += (headers[i] ?? '').length + 4
  return bytes
}
