import type { UpstreamFault } from '../../core/fault.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import { Pieces } from '../../core/pieces.ts'
import type { AnswerHead, UpstreamExchange, UpstreamRequest, UpstreamSink } from '../../core/ports.ts'
import { answeredNothing, saidNothingMore } from '../fault.ts'
import { type Asked, readFunctionAnswer } from './answer.ts'
import { type EventStream, openEventStream } from './event-stream.ts'
import { invocationFault, streamFault } from './failure.ts'
import { answerFault, functionPlace, type Invoking, invocationOf, tooLarge } from './function-invocation.ts'
import { RestOfAnswer } from './rest-of-answer.ts'
import { StreamClock } from './stream-clock.ts'
import { formOf, isEventStream } from './stream-head.ts'
import { StreamedAnswer } from './streamed-answer.ts'
import { WholeAnswer } from './whole-answer.ts'

/**
 * One request to a Lambda function: an event that is sent by one signed POST, never a second time, as it may have been done;
 * and the function's answer. Of a function that does not stream it is whole before anything of it is passed on: what Lambda
 * or the function failed of is a fault then, and no byte of it reaches the sink. Of one that streams it is passed on as the
 * function writes it, no faster than the client takes it: who fails before the head is an answer of ours, who fails behind it
 * cuts the client's off. Who goes away ends the exchange; the function runs on, as Lambda has it. The time until the function's
 * own head is that of `timeouts.response`.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
 */
export class FunctionExchange implements UpstreamExchange, UpstreamSink {
  readonly #request: UpstreamRequest
  readonly #invoking: Invoking
  readonly #sink: UpstreamSink
  /** What the answer of a function that streams is read by. */
  #events: EventStream | null = null
  #sent: UpstreamExchange | null = null
  #head: AnswerHead | null = null
  /** An event stream; null: there is none yet, or what comes is none. */
  #streamed: StreamedAnswer | null = null
  /** Of what is none: the answer of the function, or Lambda's own words. */
  readonly #pieces = new Pieces(null)
  readonly #clock: StreamClock
  /** What is still to come of a stream of which nobody wants more; null: nothing is waited for. */
  #rest: RestOfAnswer | null = null
  /** Lambda's own answer came to its end, or broke off. */
  #arrived = false
  /** An answer that is all here. */
  #whole: WholeAnswer | null = null
  /** Bytes of the room that are taken. */
  #taken = 0
  #over = false
  #left = false

  constructor(request: UpstreamRequest, invoking: Invoking, sink: UpstreamSink) {
    this.#request = request
    this.#invoking = invoking
    this.#sink = sink
    const { timeouts } = request
    this.#clock = new StreamClock(invoking.timing, timeouts, (stall) => {
      const { responseSeconds, idleSeconds } = timeouts
      const why = stall === 'nothing-more' ? saidNothingMore(idleSeconds) : answeredNothing(responseSeconds)
      this.#cut('UPSTREAM_TIMEOUT', why)
    })
  }

  start(): void {
    const invocation = invocationOf(this.#request, this.#invoking.epochMs())
    if (invocation === null) this.#fail(tooLarge(this.#request))
    else if (!this.#streams) this.#send(invocation, null)
    else
      openEventStream().then(
        (events) => this.#send(invocation, events),
        (thrown: unknown) => this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown))),
      )
  }

  resume(): void {
    this.#clock.piece()
    const streamed = this.#streamed
    if (this.#whole !== null) this.#whole.passOn()
    else if (streamed === null || this.#heldOf(streamed, () => streamed.passOn())) this.#sent?.resume()
  }

  cancel(): void {
    this.#end()
    if (this.#rest?.isAwaited === true) return
    // What is complete is nearly out of its connection, which is good for the next request then.
    if (this.#streamed?.hasEnd !== true) this.#sent?.cancel()
    else {
      this.#awaitRest()
      this.#sent?.resume()
    }
  }

  sent(): void {
    this.#clock.sent()
  }

  head(head: AnswerHead): void {
    this.#head = head
    const isStream = head.statusCode === 200 && isEventStream(head)
    if (this.#streams) this.#clock.answered(isStream)
    if (!isStream || this.#events === null) return
    const asked = this.#asked
    this.#streamed = new StreamedAnswer(
      { asked, form: formOf(head, asked.payload) },
      this.#events,
      {
        head: (ofFunction) => {
          this.#clock.began()
          this.#sink.head(ofFunction)
        },
        data: (chunk) => this.#sink.data(chunk),
      },
      {
        ended: () => {
          this.#sink.end()
          this.#end()
          this.#awaitRest()
        },
        whole: (payload) => this.#answer(payload),
        invalid: (why) => this.#cut('UPSTREAM_FUNCTION_FAILED', `its answer ${why}`),
        failed: (error) => {
          this.#fail(streamFault(this.#place, head, error))
          this.#awaitRest()
        },
      },
    )
  }

  data(chunk: Buffer): boolean {
    if (this.#streamed?.hasEnd !== true && this.#rest?.dropped(chunk) === true) return true
    this.#clock.piece()
    if (this.#over || this.#whole !== null) {
      // Nothing comes behind the end of an answer: who knows how much of it.
      this.#leave()
      return true
    }
    if (this.#streamed === null) {
      this.#pieces.add(chunk)
      if (this.#pieces.bytes > limits.functionAnswerBytes)
        this.#cut('UPSTREAM_FUNCTION_FAILED', `its answer has more than ${limits.functionAnswerBytes} bytes`)
      else this.#hold(this.#pieces.bytes)
      return true
    }
    const streamed = this.#streamed
    return this.#heldOf(streamed, () => streamed.data(chunk))
  }

  end(): void {
    this.#arrived = true
    this.#rest?.stop()
    if (this.#over || this.#whole !== null || this.#head === null) return
    if (this.#streamed !== null) {
      this.#streamed.closed()
      return
    }
    const body = this.#pieces.take()
    const fault = invocationFault({ place: this.#place, head: this.#head, body })
    if (fault !== null) this.#fail(fault)
    else if (this.#streams) this.#cut('UPSTREAM_FUNCTION_FAILED', 'Lambda answered with no event stream')
    else this.#answer(body)
  }

  failed(fault: Error): void {
    this.#arrived = true
    this.#rest?.stop()
    // An answer that is all here is not the worse for what its connection comes to.
    if (this.#whole === null && this.#streamed?.hasEnd !== true) this.#fail(fault)
  }

  #fail(fault: Error): void {
    if (this.#over) return
    this.#end()
    this.#sink.failed(fault)
  }

  #send(invocation: UpstreamRequest, events: EventStream | null): void {
    if (this.#over) return
    this.#events = events
    this.#sent = this.#invoking.send(invocation, this)
    // What it failed of at once may have ended it.
    if (this.#over) this.#sent.cancel()
  }

  /** Of a stream of which nobody wants more. Its connection is held up by nobody now, and must not stay for ever. */
  #awaitRest(): void {
    if (this.#arrived || this.#left || this.#rest !== null) return
    this.#rest = new RestOfAnswer(this.#invoking.timing, () => this.#leave())
  }

  /** An answer as functions return it that do not stream. */
  #answer(payload: Buffer): void {
    const read = readFunctionAnswer(payload, this.#asked)
    if (!read.ok) {
      const headless = this.#streams ? '; it does not begin with the head of a stream' : ''
      this.#cut('UPSTREAM_FUNCTION_FAILED', `its answer ${read.why}${headless}`)
      return
    }
    this.#whole = new WholeAnswer(read.answer, this.#sink, (failure) => {
      if (failure === null) {
        this.#end()
        this.#awaitRest()
      } else this.#cut('UPSTREAM_RESPONSE_INVALID', headUnsendable, failure.thrown)
    })
    this.#whole.start()
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
    if (!takesMore) this.#clock.pause()
    return takesMore
  }

  /** So much is held now. */
  #hold(bytes: number): void {
    if (bytes > this.#taken && !this.#invoking.room.take(this.#network, bytes - this.#taken))
      this.#cut('UPSTREAM_BUSY', this.#invoking.room.full(this.#network))
    else {
      if (bytes < this.#taken) this.#invoking.room.leave(this.#network, this.#taken - bytes)
      this.#taken = bytes
    }
  }

  #cut(code: UpstreamFault['code'], why: string, cause?: unknown): void {
    this.#fail(answerFault(code, { request: this.#request, head: this.#head, why, cause }))
    this.#leave()
  }

  /** Ends the exchange that brings an answer; not within its own callback, which still looks at it. */
  #leave(): void {
    if (this.#left) return
    this.#left = true
    setImmediate(() => this.#sent?.cancel())
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#clock.stop()
    this.#streamed?.stop()
    this.#whole?.stop()
    this.#pieces.drop()
    this.#invoking.room.leave(this.#network, this.#taken)
    this.#taken = 0
  }

  get #network(): ClientNetwork {
    return this.#request.caller.network
  }

  get #streams(): boolean {
    return this.#request.upstream.lambda?.streaming === true
  }

  get #asked(): Asked {
    const { method, upstream } = this.#request
    return { method, payload: upstream.lambda?.payload ?? '1.0' }
  }

  get #place(): string {
    return functionPlace(this.#request)
  }
}

const headUnsendable = 'the head of its answer cannot be passed on'

/** Begins one; what becomes of it goes to the sink. */
export function invoke(request: UpstreamRequest, invoking: Invoking, sink: UpstreamSink): UpstreamExchange {
  const exchange = new FunctionExchange(request, invoking, sink)
  exchange.start()
  return exchange
}
