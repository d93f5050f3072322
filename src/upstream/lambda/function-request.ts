import { type Authorizer, authorizerOf } from '../../core/authorizer.ts'
import type { LambdaSettings } from '../../core/aws-settings.ts'
import type { UpstreamCaller, UpstreamRequest } from '../../core/ports.ts'
import { type EventBody, eventBody } from './event-body.ts'
import { type HeaderLine, headerLines, lastValue } from './header-lines.ts'

/** A request as events tell of it, whatever their format. */
export interface FunctionRequest {
  /** The app's name in the file. */
  readonly app: string
  readonly method: string
  /** Percent-encoded, as it would go on the wire; without the query. */
  readonly path: string
  /** The bytes behind the `?`. */
  readonly query: string
  /** Of our header rules: the client's that go on, and ours. `Content-Length` is that of the body that is there. */
  readonly lines: readonly HeaderLine[]
  /** By which browsers know the app; without a port. */
  readonly domainName: string
  /** Of the account that the function belongs to. */
  readonly accountId: string
  /** Empty: it is not known. */
  readonly sourceIp: string
  readonly userAgent: string
  readonly requestId: string
  readonly nowMs: number
  /** Null: nobody is identified. */
  readonly authorizer: Authorizer | null
  /** Null: there is none, or it is empty. */
  readonly body: EventBody | null
}

/** What goes on, as a function is told of it. Reads nothing of the client's beyond what our header rules passed on. */
export function functionRequest(
  { app, method, path, headers, body, caller }: FunctionInput,
  { functionName }: LambdaSettings,
  nowMs: number,
): FunctionRequest {
  const mark = path.indexOf('?')
  const lines = withLength(headerLines(headers), body)
  return {
    app,
    method,
    path: mark === -1 ? path : path.slice(0, mark),
    query: mark === -1 ? '' : path.slice(mark + 1),
    lines,
    domainName: (lastValue(lines, 'host') ?? '').replace(/:[0-9]+$/, ''),
    accountId: functionName.split(':')[4] ?? '',
    sourceIp: caller.clientAddress ?? '',
    userAgent: lastValue(lines, 'user-agent') ?? '',
    requestId: caller.requestId,
    nowMs,
    authorizer: caller.principal && authorizerOf(caller.principal, caller.forwarding),
    body: eventBody(body, lines),
  }
}

/** What goes on of a request, with its body in one piece. */
export interface FunctionInput extends Pick<UpstreamRequest, 'app' | 'method' | 'path' | 'headers'> {
  readonly body: Buffer | null
  readonly caller: UpstreamCaller
}

/** A body that came in chunks has a length by now: adapters read as much as `Content-Length` says. */
function withLength(lines: readonly HeaderLine[], body: Buffer | null): readonly HeaderLine[] {
  if (body === null || body.length === 0) return lines
  const others = lines.filter(([name]) => name.toLowerCase() !== 'content-length')
  return [...others, ['Content-Length', String(body.length)]]
}

/** `12/Mar/2020:19:03:58 +0000`, the Common Log Format. */
export function logFormatTime(ms: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString()) ?? []
  return `${day}/${month}/${year}:${time} +0000`
}

/** `id` of `id.execute-api.eu-west-1.amazonaws.com`; of an address all of it. */
export function domainPrefix(domainName: string): string {
  return /^(?:[0-9.]+|\[.*)$/.test(domainName) ? domainName : (domainName.split('.')[0] ?? '')
}
