import { limits } from '../../core/limits/table.ts'
import { Pieces } from '../../core/pieces.ts'
import type { AnswerHead, UpstreamSink } from '../../core/ports.ts'
import { pieceBytes } from '../pieces.ts'
import type { Asked } from './answer.ts'
import type { EventStream, StreamError, StreamEvent } from './event-stream.ts'
import { type AnswerForm, hasNoBody, readPrelude } from './stream-head.ts'

/** What becomes of a stream, beside what its client gets. Told once, and nothing is told to the client after it. */
interface StreamEnd {
  /** The client has all of it. The connection may still bring more. */
  ended(): void
  /** It did not begin with a head, and this is all of it: an answer as any function returns it. */
  whole(payload: Buffer): void
  /** Goes on after "its answer". The connection may still bring more. */
  invalid(why: string): void
  /** The function failed. */
  failed(error: StreamError): void
}

/**
 * The answer of a function that streams, as it comes: status and header lines as JSON, eight NUL bytes, the body; or the body
 * alone. The body is passed on piece by piece, with no length, and no faster than the client takes it. What does not stream
 * is an answer as any function returns it. The head is judged as a whole before the client gets any of it.
 */
export class StreamedAnswer {
  readonly #asked: Asked
  readonly #form: AnswerForm
  readonly #events: EventStream
  readonly #client: Pick<UpstreamSink, 'head' | 'data'>
  readonly #end: StreamEnd
  #part: 'prelude' | 'start' | 'body' | 'whole' | 'over'
  /** What was read, and waits for a client that has enough for now. */
  #waiting: StreamEvent[] = []
  /** What is wrong behind that; null: nothing. */
  #wrong: string | null = null
  #hasEnd = false
  #prelude: Buffer = nothing
  readonly #pieces = new Pieces(null)

  constructor(
    { asked, form }: { readonly asked: Asked; readonly form: AnswerForm },
    events: EventStream,
    client: Pick<UpstreamSink, 'head' | 'data'>,
    end: StreamEnd,
  ) {
    this.#asked = asked
    this.#form = form
    this.#events = events
    this.#client = client
    this.#end = end
    this.#part = form.kind === 'body' ? 'start' : form.kind
  }

  /** False: the client has enough for now. */
  data(piece: Buffer): boolean {
    if (this.#part === 'over') return true
    const { events, wrong } = this.#events.read(piece)
    this.#waiting.push(...events)
    this.#wrong = wrong
    this.#hasEnd ||= wrong !== null || events.some(({ kind }) => kind === 'complete')
    return this.passOn()
  }

  /** What is here already, as far as the client takes it. False: it has enough for now. */
  passOn(): boolean {
    for (;;) {
      const event = this.#waiting.shift()
      if (event === undefined) break
      if (!this.#take(event)) return false
    }
    if (this.#wrong !== null) this.#invalid(`is of an event stream that ${this.#wrong}`)
    return true
  }

  /** Its end is here, though the client may not have it yet: what becomes of the connection does not matter any more. */
  get hasEnd(): boolean {
    return this.#hasEnd
  }

  /** Bytes that wait: for more of a message, of the head, or of an answer that does not stream; or for the client. */
  get heldBytes(): number {
    const waiting = this.#waiting.reduce(
      (sum, event) => sum + (event.kind === 'payload' ? event.bytes.length : 0),
      0,
    )
    return this.#events.heldBytes + this.#prelude.length + this.#pieces.bytes + waiting
  }

  /** The connection ended, or broke off. An event stream says itself when it is complete. */
  closed(): void {
    if (!this.#hasEnd) this.#invalid('ended before Lambda said that it is complete')
  }

  /** Nothing more is told, to nobody. */
  stop(): void {
    this.#part = 'over'
    this.#waiting = []
    this.#prelude = nothing
    this.#pieces.drop()
  }

  /** False: the client has enough for now. */
  #take(event: StreamEvent): boolean {
    switch (event.kind) {
      case 'payload':
        // An empty one is passed over: it says nothing.
        return event.bytes.length === 0 || this.#payload(event.bytes)
      case 'complete':
        this.#complete(event.error)
        return true
    }
  }

  #payload(bytes: Buffer): boolean {
    switch (this.#part) {
      case 'start':
        this.#beginBody()
        return this.#payload(bytes)
      case 'body':
        return this.#body(bytes)
      case 'prelude':
        return this.#head(bytes)
      case 'whole':
        this.#pieces.add(bytes)
        if (this.#pieces.bytes > limits.functionAnswerBytes)
          this.#invalid(`has more than ${limits.functionAnswerBytes} bytes, and does not stream`)
        return true
      case 'over':
        return true
    }
  }

  /** A message may be large: the client gets of it what it takes. */
  #body(bytes: Buffer): boolean {
    if (bytes.length > pieceBytes)
      this.#waiting.unshift({ kind: 'payload', bytes: bytes.subarray(pieceBytes) })
    return this.#client.data(bytes.subarray(0, pieceBytes))
  }

  #head(bytes: Buffer): boolean {
    const held = Buffer.concat([this.#prelude, bytes])
    const at = held.indexOf(delimiter)
    if (at === -1 ? held.length > longestPrelude : at > limits.functionPreludeBytes) {
      this.#invalid(`has no eight NUL bytes behind its head within ${limits.functionPreludeBytes} bytes`)
      return true
    }
    if (at === -1) {
      this.#prelude = held
      return true
    }
    const head = readPrelude(held.subarray(0, at), this.#asked)
    if (!head.ok) {
      this.#invalid(head.why)
      return true
    }
    this.#prelude = nothing
    this.#begin(head.head)
    const body = held.subarray(at + delimiter.length)
    return body.length === 0 || this.#payload(body)
  }

  /** Of an answer that has no head of its own. */
  #beginBody(): void {
    if (this.#form.kind !== 'body') return
    this.#begin({ statusCode: 200, reasonPhrase: null, headers: ['Content-Type', this.#form.contentType] })
  }

  #begin(head: AnswerHead): void {
    this.#part = 'body'
    this.#client.head(head)
    if (hasNoBody(this.#asked, head)) this.#over(() => this.#end.ended())
  }

  #complete(error: StreamError | null): void {
    if (error !== null) {
      this.#over(() => this.#end.failed(error))
      return
    }
    if (this.#part === 'start') this.#beginBody()
    if (this.#part === 'prelude')
      // The helper of AWS writes it with the first `write`, and not at all where the stream is only ended.
      this.#invalid(
        'ended before its head and eight NUL bytes were written: the function has to write before it ends',
      )
    else if (this.#part === 'whole') this.#whole()
    else this.#over(() => this.#end.ended())
  }

  #whole(): void {
    const payload = this.#pieces.take()
    this.#over(() => this.#end.whole(payload))
  }

  #invalid(why: string): void {
    this.#over(() => this.#end.invalid(why))
  }

  #over(tell: () => void): void {
    if (this.#part === 'over') return
    this.stop()
    tell()
  }
}

const nothing = Buffer.alloc(0)
const delimiter = Buffer.alloc(8)
const longestPrelude = limits.functionPreludeBytes + delimiter.length - 1
