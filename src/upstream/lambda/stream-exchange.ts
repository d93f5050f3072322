import type { UpstreamFault } from '../../core/fault.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import { Pieces } from '../../core/pieces.ts'
import type { AnswerHead, UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../core/ports.ts'
import { readFunctionAnswer } from './answer.ts'
import { type EventStream, openEventStream, type StreamError } from './event-stream.ts'
import { invocationFault, streamFault } from './failure.ts'
import { answerFault, functionPlace, type Invoking, invocationOf, tooLarge } from './function-invocation.ts'
import { formOf, isEventStream } from './stream-head.ts'
import { StreamedAnswer } from './streamed-answer.ts'
import { WholeAnswer } from './whole-answer.ts'

/**
 * One request to a Lambda function that streams: the same event by one signed POST, never a second time; and its answer as
 * the function writes it, no faster than the client takes it. A function that fails before its head is an answer of ours; one that
 * fails behind it cuts the client's off. Who goes away ends the exchange; the function runs on, as Lambda has it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
 */
export class StreamExchange implements UpstreamExchange, UpstreamSink {
  readonly #request: UpstreamRequest
  readonly #invoking: Invoking
  readonly #sink: UpstreamSink
  #events: EventStream | null = null
  #sent: UpstreamExchange | null = null
  #head: AnswerHead | null = null
  /** The answer of the function; null: there is none yet, or what comes is Lambda's own. */
  #streamed: StreamedAnswer | null = null
  /** Lambda's own words. */
  readonly #pieces = new Pieces(null)
  #whole: WholeAnswer | null = null
  /** Bytes of the room that are taken. */
  #taken = 0
  #over = false

  constructor(request: UpstreamRequest, invoking: Invoking, sink: UpstreamSink) {
    this.#request = request
    this.#invoking = invoking
    this.#sink = sink
  }

  start(): void {
    const invocation = invocationOf(this.#request, this.#invoking.epochMs())
    if (invocation === null) this.#fail(tooLarge(this.#request))
    else
      openEventStream().then(
        (events) => this.#send(invocation, events),
        (thrown: unknown) => this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown))),
      )
  }

  resume(): void {
    const streamed = this.#streamed
    if (this.#whole !== null) this.#whole.passOn()
    else if (streamed === null || this.#heldOf(streamed, () => streamed.passOn())) this.#sent?.resume()
  }

  cancel(): void {
    this.#end()
    // What is complete is nearly out of its connection, which is good for the next request then.
    if (this.#streamed?.hasEnd === true) this.#sent?.resume()
    else this.#sent?.cancel()
  }

  head(head: AnswerHead): void {
    this.#head = head
    if (head.statusCode !== 200 || !isEventStream(head) || this.#events === null) return
    const { method, upstream } = this.#request
    const asked = { method, payload: upstream.lambda?.payload ?? '1.0' }
    this.#streamed = new StreamedAnswer(
      { asked, form: formOf(head, asked.payload) },
      this.#events,
      this.#sink,
      {
        ended: (isComplete) => this.#ended(isComplete),
        whole: (payload) => this.#answerWhole(payload),
        invalid: (why) => this.#cut('UPSTREAM_FUNCTION_FAILED', `its answer ${why}`),
        failed: (error) => this.#functionFailed(head, error),
      },
    )
  }

  data(chunk: Buffer): boolean {
    if (this.#over || this.#whole !== null) {
      // Nothing comes behind the end of an answer: who knows how much of it.
      this.#leave()
      return true
    }
    if (this.#streamed === null) {
      this.#pieces.add(chunk)
      this.#hold(this.#pieces.bytes)
      return true
    }
    const streamed = this.#streamed
    return this.#heldOf(streamed, () => streamed.data(chunk))
  }

  end(): void {
    if (this.#over || this.#whole !== null || this.#head === null) return
    if (this.#streamed !== null) {
      this.#streamed.closed()
      return
    }
    const fault = invocationFault({ place: this.#place, head: this.#head, body: this.#pieces.take() })
    this.#fail(fault ?? this.#fault('UPSTREAM_FUNCTION_FAILED', 'Lambda answered with no event stream'))
  }

  failed(fault: Error): void {
    // An answer that is all here is not the worse for what its connection comes to.
    if (this.#streamed?.hasEnd !== true) this.#fail(fault)
  }

  #fail(fault: Error): void {
    if (this.#over) return
    this.#end()
    this.#sink.failed(fault)
  }

  #send(invocation: UpstreamRequest, events: EventStream): void {
    if (this.#over) return
    this.#events = events
    this.#sent = this.#invoking.send(invocation, this)
    // What it failed of at once may have ended it.
    if (this.#over) this.#sent.cancel()
  }

  #ended(isComplete: boolean): void {
    this.#sink.end()
    this.#end()
    if (!isComplete && this.#streamed?.hasEnd !== true) this.#leave()
  }

  #answerWhole(payload: Buffer): void {
    const { method, upstream } = this.#request
    const read = readFunctionAnswer(payload, { method, payload: upstream.lambda?.payload ?? '1.0' })
    if (!read.ok) {
      this.#cut(
        'UPSTREAM_FUNCTION_FAILED',
        `its answer ${read.why}; it does not begin with the head of a stream`,
      )
      return
    }
    this.#whole = new WholeAnswer(read.answer, this.#sink, (failure) => {
      this.#end()
      if (failure === null) return
      this.#sink.failed(this.#fault('UPSTREAM_RESPONSE_INVALID', headUnsendable, failure.thrown))
    })
    this.#whole.start()
  }

  #functionFailed(head: AnswerHead, error: StreamError): void {
    this.#fail(streamFault(this.#place, head, error))
  }

  /** Takes a step of an answer, and counts what is held behind it; false: the client has enough for now. */
  #heldOf(streamed: StreamedAnswer, step: () => boolean): boolean {
    let takesMore = true
    try {
      takesMore = step()
    } catch (thrown) {
      // The head is written with the first piece, or with the end.
      this.#cut('UPSTREAM_RESPONSE_INVALID', headUnsendable, thrown)
    }
    // A whole answer keeps its room until the client has it.
    if (!this.#over && this.#whole === null) this.#hold(streamed.heldBytes)
    return takesMore
  }

  /** So much is held now. */
  #hold(bytes: number): void {
    if (bytes > limits.functionAnswerBytes)
      this.#cut('UPSTREAM_FUNCTION_FAILED', `its answer has more than ${limits.functionAnswerBytes} bytes`)
    else if (bytes > this.#taken && !this.#invoking.room.take(this.#network, bytes - this.#taken))
      this.#cut('UPSTREAM_BUSY', this.#invoking.room.full(this.#network))
    else {
      if (bytes < this.#taken) this.#invoking.room.leave(this.#network, this.#taken - bytes)
      this.#taken = bytes
    }
  }

  #cut(code: UpstreamFault['code'], why: string, cause?: unknown): void {
    this.#fail(this.#fault(code, why, cause))
    this.#leave()
  }

  /** Ends the exchange that brings an answer; not within its own callback, which still looks at it. */
  #leave(): void {
    setImmediate(() => this.#sent?.cancel())
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#streamed?.stop()
    this.#whole?.stop()
    this.#pieces.drop()
    this.#invoking.room.leave(this.#network, this.#taken)
    this.#taken = 0
  }

  #fault(code: UpstreamFault['code'], why: string, cause?: unknown): UpstreamFault {
    return answerFault(code, { request: this.#request, head: this.#head, why, cause })
  }

  get #network(): ClientNetwork {
    return this.#request.caller.network
  }

  get #place(): string {
    return functionPlace(this.#request)
  }
}

const headUnsendable = 'the head of its answer cannot be passed on'
