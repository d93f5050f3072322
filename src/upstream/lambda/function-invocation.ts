import { UpstreamFault } from '../../core/fault.ts'
import type { UpstreamSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { AnswerHead, UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../core/ports.ts'
import { upstreamPlace } from '../../core/upstream-settings.ts'
import type { Timing } from '../timing.ts'
import type { AnswerRoom } from './answer-room.ts'
import { functionEvent } from './event.ts'
import { requestOf } from './failure.ts'

/** What invocations go by. */
export interface Invoking {
  /** Signs a request and sends it. */
  readonly send: (request: UpstreamRequest, sink: UpstreamSink) => UpstreamExchange
  readonly room: AnswerRoom
  readonly timing: Timing
  /** Milliseconds since 1970. */
  readonly epochMs: () => number
}

/** The POST that invokes the function with a request as its event; null: the event is larger than Lambda takes. */
export function invocationOf(request: UpstreamRequest, nowMs: number): UpstreamRequest | null {
  const { upstream, body } = request
  if (upstream.lambda === null) throw new Error('there is no function to invoke')
  if (body !== null && !Buffer.isBuffer(body)) throw new Error('an event takes a whole body')
  const event = functionEvent({ ...request, body }, upstream.lambda, nowMs)
  if (event === null) return null
  const api = apiOf(upstream)
  const name = encodeURIComponent(upstream.lambda.functionName)
  return {
    ...request,
    upstream: api,
    method: 'POST',
    path: upstream.lambda.streaming
      ? `/2021-11-15/functions/${name}/response-streaming-invocations`
      : `/2015-03-31/functions/${name}/invocations`,
    headers: ['Host', api.host, 'Content-Type', 'application/json'],
    body: event,
    // Lambda's head comes before the function's: see StreamClock.
    ...(upstream.lambda.streaming ? { pausesAreTimed: false } : {}),
  }
}

/** Why there is no such POST. */
export function tooLarge(request: UpstreamRequest): UpstreamFault {
  const most = limits.functionEventBytes
  return new UpstreamFault(
    'REQUEST_BODY_TOO_LARGE',
    `${functionPlace(request)}: as an event it would have more than ${most} bytes, the most that Lambda takes`,
  )
}

/** Of an answer that has begun: what is wrong with it, and by which id the function's log has it. */
export function answerFault(
  code: UpstreamFault['code'],
  { request, head, why, cause }: AnswerFailure,
): UpstreamFault {
  const id = head === null ? '' : ` (${requestOf(head)})`
  return new UpstreamFault(code, `${functionPlace(request)}: ${why}${id}`, cause)
}

interface AnswerFailure {
  readonly request: UpstreamRequest
  /** Lambda's; null: there is none yet. */
  readonly head: AnswerHead | null
  readonly why: string
  readonly cause?: unknown
}

/** The function, for the words of a fault. */
export function functionPlace({ app, upstream }: UpstreamRequest): string {
  return `${upstreamPlace(app, upstream)}, ${upstream.lambda?.functionName}`
}

const apis = new WeakMap<UpstreamSettings, UpstreamSettings>()

/** The Lambda API as an upstream: one object for each function, as connections are kept by it. */
function apiOf(upstream: UpstreamSettings): UpstreamSettings {
  const known = apis.get(upstream)
  if (known !== undefined) return known
  const api = { ...upstream, host: new URL(upstream.origin).host }
  apis.set(upstream, api)
  return api
}
