import { UpstreamFault } from '../../core/fault.ts'
import type { UpstreamSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { AnswerHead, UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../core/ports.ts'
import { upstreamPlace } from '../../core/upstream-settings.ts'
import { pieceBytes } from '../pieces.ts'
import { type FunctionAnswer, readFunctionAnswer } from './answer.ts'
import type { AnswerRoom } from './answer-room.ts'
import { functionEvent } from './event.ts'
import { invocationFault } from './failure.ts'

/** What invocations go by. */
export interface Invoking {
  /** Signs a request and sends it. */
  readonly send: (request: UpstreamRequest, sink: UpstreamSink) => UpstreamExchange
  readonly room: AnswerRoom
  /** Milliseconds since 1970. */
  readonly epochMs: () => number
}

/**
 * One request to a Lambda function: an event that is sent by one signed POST, never a second time, as it may have been done;
 * and the function's answer, which is whole before anything of it is passed on. The time until it begins is that of
 * `timeouts.response`. What Lambda or the function failed of is a fault, and no byte of it reaches the sink.
 */
export class FunctionExchange implements UpstreamExchange, UpstreamSink {
  readonly #request: UpstreamRequest
  readonly #invoking: Invoking
  readonly #sink: UpstreamSink
  #sent: UpstreamExchange | null = null
  #head: AnswerHead | null = null
  readonly #pieces: Buffer[] = []
  #bytes = 0
  /** What is left of the body to pass on; null: it is not there yet. */
  #rest: Buffer | null = null
  #over = false

  constructor(request: UpstreamRequest, invoking: Invoking, sink: UpstreamSink) {
    this.#request = request
    this.#invoking = invoking
    this.#sink = sink
  }

  start(): void {
    const invocation = invocationOf(this.#request, this.#invoking.epochMs())
    if (invocation === null) {
      const most = limits.functionEventBytes
      this.#fail(
        'REQUEST_BODY_TOO_LARGE',
        `as an event it would have more than ${most} bytes, the most that Lambda takes`,
      )
      return
    }
    this.#sent = this.#invoking.send(invocation, this)
    // What it failed of at once may have ended it.
    if (this.#over) this.#sent.cancel()
  }

  resume(): void {
    if (this.#rest === null) this.#sent?.resume()
    else this.#passOn()
  }

  cancel(): void {
    this.#end()
    this.#sent?.cancel()
  }

  head(head: AnswerHead): void {
    this.#head = head
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return true
    if (this.#bytes + chunk.length > limits.functionAnswerBytes)
      this.#cut('UPSTREAM_FUNCTION_FAILED', `its answer has more than ${limits.functionAnswerBytes} bytes`)
    else if (!this.#invoking.room.take(chunk.length))
      this.#cut(
        'UPSTREAM_BUSY',
        `the answers of functions that are under way fill ${limits.heldAnswerBytes} bytes`,
      )
    else {
      this.#bytes += chunk.length
      this.#pieces.push(chunk)
    }
    return true
  }

  end(): void {
    const head = this.#head
    if (this.#over || head === null) return
    const body = Buffer.concat(this.#pieces.splice(0))
    const fault = invocationFault({ place: this.#place, head, body })
    if (fault !== null) {
      this.failed(fault)
      return
    }
    const { method, upstream } = this.#request
    const read = readFunctionAnswer(body, { method, payload: upstream.lambda?.payload ?? '1.0' })
    if (read.ok) this.#answer(read.answer)
    else this.#fail('UPSTREAM_FUNCTION_FAILED', `its answer ${read.why}`)
  }

  failed(fault: Error): void {
    if (this.#over) return
    this.#end()
    this.#sink.failed(fault)
  }

  #answer({ head, body }: FunctionAnswer): void {
    this.#rest = body
    this.#sink.head(head)
    this.#passOn()
  }

  /** As far as the client takes it; the rest with `resume`. */
  #passOn(): void {
    try {
      while (!this.#over && this.#rest !== null && this.#rest.length > 0) {
        const piece = this.#rest.subarray(0, pieceBytes)
        this.#rest = this.#rest.subarray(piece.length)
        if (!this.#sink.data(piece)) return
      }
      if (this.#over) return
      this.#sink.end()
      this.#end()
    } catch (thrown) {
      // The head is written with the first piece, or with the end.
      const message = `${this.#place}: the head of its answer cannot be passed on`
      this.failed(new UpstreamFault('UPSTREAM_RESPONSE_INVALID', message, thrown))
    }
  }

  /** Ends the exchange that brings an answer; not within its own callback, which still looks at it. */
  #cut(code: UpstreamFault['code'], why: string): void {
    this.#fail(code, why)
    setImmediate(() => this.#sent?.cancel())
  }

  #fail(code: UpstreamFault['code'], why: string): void {
    this.failed(new UpstreamFault(code, `${this.#place}: ${why}`))
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#pieces.length = 0
    this.#invoking.room.leave(this.#bytes)
    this.#bytes = 0
  }

  get #place(): string {
    const { app, upstream } = this.#request
    return `${upstreamPlace(app, upstream)}, ${upstream.lambda?.functionName}`
  }
}

/** Begins one; what becomes of it goes to the sink. */
export function invoke(request: UpstreamRequest, invoking: Invoking, sink: UpstreamSink): UpstreamExchange {
  const exchange = new FunctionExchange(request, invoking, sink)
  exchange.start()
  return exchange
}

/** The POST that invokes the function with a request as its event; null: the event is larger than Lambda takes. */
function invocationOf(request: UpstreamRequest, nowMs: number): UpstreamRequest | null {
  const { upstream, body } = request
  if (upstream.lambda === null) throw new Error('there is no function to invoke')
  if (body !== null && !Buffer.isBuffer(body)) throw new Error('an event takes a whole body')
  const event = functionEvent({ ...request, body }, upstream.lambda, nowMs)
  if (event === null) return null
  const api = apiOf(upstream)
  return {
    ...request,
    upstream: api,
    method: 'POST',
    path: `/2015-03-31/functions/${encodeURIComponent(upstream.lambda.functionName)}/invocations`,
    headers: ['Host', api.host, 'Content-Type', 'application/json'],
    body: event,
  }
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
