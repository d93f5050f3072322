import type { UpstreamFault } from '../../core/fault.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import type { AnswerHead, UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../core/ports.ts'
import { type FunctionAnswer, readFunctionAnswer } from './answer.ts'
import { invocationFault } from './failure.ts'
import { answerFault, functionPlace, type Invoking, invocationOf, tooLarge } from './function-invocation.ts'
import { StreamExchange } from './stream-exchange.ts'
import { WholeAnswer } from './whole-answer.ts'

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
  /** Null: it is not there yet. */
  #answer: WholeAnswer | null = null
  #over = false

  constructor(request: UpstreamRequest, invoking: Invoking, sink: UpstreamSink) {
    this.#request = request
    this.#invoking = invoking
    this.#sink = sink
  }

  start(): void {
    const invocation = invocationOf(this.#request, this.#invoking.epochMs())
    if (invocation === null) {
      this.failed(tooLarge(this.#request))
      return
    }
    this.#sent = this.#invoking.send(invocation, this)
    // What it failed of at once may have ended it.
    if (this.#over) this.#sent.cancel()
  }

  resume(): void {
    if (this.#answer === null) this.#sent?.resume()
    else this.#answer.passOn()
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
    else if (!this.#invoking.room.take(this.#network, chunk.length))
      this.#cut('UPSTREAM_BUSY', this.#invoking.room.full(this.#network))
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
    const fault = invocationFault({ place: functionPlace(this.#request), head, body })
    if (fault !== null) {
      this.failed(fault)
      return
    }
    const { method, upstream } = this.#request
    const read = readFunctionAnswer(body, { method, payload: upstream.lambda?.payload ?? '1.0' })
    if (read.ok) this.#passOn(read.answer)
    else this.#fail('UPSTREAM_FUNCTION_FAILED', `its answer ${read.why}`)
  }

  failed(fault: Error): void {
    if (this.#over) return
    this.#end()
    this.#sink.failed(fault)
  }

  #passOn(answer: FunctionAnswer): void {
    this.#answer = new WholeAnswer(answer, this.#sink, (failure) => {
      if (failure === null) this.#end()
      else
        this.#fail('UPSTREAM_RESPONSE_INVALID', 'the head of its answer cannot be passed on', failure.thrown)
    })
    this.#answer.start()
  }

  /** Ends the exchange that brings an answer; not within its own callback, which still looks at it. */
  #cut(code: UpstreamFault['code'], why: string): void {
    this.#fail(code, why)
    setImmediate(() => this.#sent?.cancel())
  }

  #fail(code: UpstreamFault['code'], why: string, cause?: unknown): void {
    this.failed(answerFault(code, { request: this.#request, head: this.#head, why, cause }))
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#answer?.stop()
    this.#pieces.length = 0
    this.#invoking.room.leave(this.#network, this.#bytes)
    this.#bytes = 0
  }

  get #network(): ClientNetwork {
    return this.#request.caller.network
  }
}

/** Begins one; what becomes of it goes to the sink. */
export function invoke(request: UpstreamRequest, invoking: Invoking, sink: UpstreamSink): UpstreamExchange {
  const exchange =
    request.upstream.lambda?.streaming === true
      ? new StreamExchange(request, invoking, sink)
      : new FunctionExchange(request, invoking, sink)
  exchange.start()
  return exchange
}
