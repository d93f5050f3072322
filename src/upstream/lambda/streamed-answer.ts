import { isObject, parseJson } from '../../core/json.ts'
import { limits } from '../../core/limits/table.ts'
import type { AnswerHead, UpstreamSink } from '../../core/ports.ts'
import { type Asked, readStatus } from './answer.ts'
import { answerLines } from './answer-lines.ts'
import type { EventStream, StreamError, StreamEvent } from './event-stream.ts'

/** What becomes of a stream, beside what its client gets. Told once, and nothing is told to the client after it. */
export interface StreamEnd {
  /** The client has all of it. `isComplete`: so has the function said all that it will. */
  ended(isComplete: boolean): void
  /** It did not begin with a head, and this is all of it: an answer as any function returns it. */
  whole(payload: Buffer): void
  /** Goes on after "its answer". The connection may still bring more. */
  invalid(why: string): void
  /** The function failed. */
  failed(error: StreamError): void
}

/**
 * Whether an answer begins with status and header lines of the function: how Lambda says what type the function gave its
 * stream, as `Content-Type` is that of the event stream itself.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */
export function hasPrelude({ headers }: AnswerHead): boolean {
  return (
    mediaType(headers, 'x-amzn-remapped-content-type') ===
    'application/vnd.awslambda.http-integration-response'
  )
}

export function isEventStream({ headers }: AnswerHead): boolean {
  return mediaType(headers, 'content-type') === 'application/vnd.amazon.eventstream'
}

/**
 * The answer of a function that streams, as it comes: status and header lines as JSON, eight NUL bytes, the body. The body
 * is passed on piece by piece, with no length, and no faster than the client takes it. What does not begin so is an answer
 * as any function returns it. The head is judged as a whole before the client gets any of it.
 */
export class StreamedAnswer {
  readonly #asked: Asked
  readonly #events: EventStream
  readonly #client: Pick<UpstreamSink, 'head' | 'data'>
  readonly #end: StreamEnd
  #part: 'prelude' | 'body' | 'whole' | 'over'
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(
    { asked, startsWithPrelude }: { readonly asked: Asked; readonly startsWithPrelude: boolean },
    events: EventStream,
    client: Pick<UpstreamSink, 'head' | 'data'>,
    end: StreamEnd,
  ) {
    this.#asked = asked
    this.#events = events
    this.#client = client
    this.#end = end
    this.#part = startsWithPrelude ? 'prelude' : 'whole'
  }

  /** False: the client has enough for now. */
  data(piece: Buffer): boolean {
    if (this.#part === 'over') return true
    const { events, wrong } = this.#events.read(piece)
    const taken = events.map((event) => this.#take(event)).every((one) => one)
    if (wrong !== null) this.#invalid(`is of an event stream that ${wrong}`)
    return taken
  }

  /** Bytes that wait for more: of a message, of the head, or of an answer that does not stream. */
  get heldBytes(): number {
    return this.#events.heldBytes + this.#heldBytes
  }

  /** The connection ended, or broke off. An event stream says itself when it is complete. */
  closed(): void {
    this.#invalid('ended before Lambda said that it is complete')
  }

  /** Nothing more is told, to nobody. */
  stop(): void {
    this.#part = 'over'
    this.#drop()
  }

  #take(event: StreamEvent): boolean {
    switch (event.kind) {
      case 'payload':
        return this.#payload(event.bytes)
      case 'complete':
        this.#complete(event.error)
        return true
    }
  }

  #payload(bytes: Buffer): boolean {
    switch (this.#part) {
      case 'body':
        return bytes.length === 0 || this.#client.data(bytes)
      case 'prelude':
        return this.#prelude(bytes)
      case 'whole':
        this.#hold(bytes)
        if (this.#heldBytes > limits.functionAnswerBytes)
          this.#invalid(`has more than ${limits.functionAnswerBytes} bytes, and does not stream`)
        return true
      case 'over':
        return true
    }
  }

  #prelude(bytes: Buffer): boolean {
    this.#hold(bytes)
    const held = this.#joined()
    const at = held.indexOf(delimiter)
    if (at === -1 ? held.length > longestPrelude : at > limits.functionPreludeBytes) {
      this.#invalid(`has no eight NUL bytes behind its head within ${limits.functionPreludeBytes} bytes`)
      return true
    }
    if (at === -1) return true
    const head = readPrelude(held.subarray(0, at), this.#asked)
    if (!head.ok) {
      this.#invalid(head.why)
      return true
    }
    this.#drop()
    this.#part = 'body'
    this.#client.head(head.head)
    if (hasNoBody(this.#asked, head.head)) {
      this.#over(() => this.#end.ended(false))
      return true
    }
    return this.#payload(held.subarray(at + delimiter.length))
  }

  #complete(error: StreamError | null): void {
    if (error !== null) this.#over(() => this.#end.failed(error))
    else if (this.#part === 'prelude')
      // The helper of AWS writes it with the first `write`, and not at all where the stream is only ended.
      this.#invalid(
        'ended before its head and eight NUL bytes were written: the function has to write before it ends',
      )
    else if (this.#part === 'whole') this.#whole()
    else this.#over(() => this.#end.ended(true))
  }

  #whole(): void {
    const payload = this.#joined()
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

  #hold(bytes: Buffer): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
  }

  #drop(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  #joined(): Buffer {
    const joined = Buffer.concat(this.#held)
    this.#held = [joined]
    return joined
  }
}

const delimiter = Buffer.alloc(8)
const longestPrelude = limits.functionPreludeBytes + delimiter.length - 1

type HeadReading =
  | { readonly ok: true; readonly head: AnswerHead }
  | { readonly ok: false; readonly why: string }

/** Judged as `statusCode`, `headers` and `cookies` of any answer; JSON has no raw NUL, so the first eight are the end. */
function readPrelude(bytes: Buffer, { payload }: Asked): HeadReading {
  const value = parseJson(bytes.toString('utf8'))
  if (!isObject(value)) return refused('has a head that is no JSON object')
  const written = Object.hasOwn(value, 'statusCode') ? value.statusCode : payload === '2.0' ? 200 : null
  if (written === null) return refused('has no `statusCode`, which format 1.0 demands')
  const statusCode = readStatus(written)
  if (statusCode === null) return refused('has a `statusCode` that is no number from 200 to 599')
  const lines = answerLines(value)
  if (!lines.ok) return lines
  return { ok: true, head: { statusCode, reasonPhrase: null, headers: lines.lines } }
}

/** RFC 9110 sections 9.3.2, 15.3.5 and 15.4.5. */
function hasNoBody({ method }: Asked, { statusCode }: AnswerHead): boolean {
  return method === 'HEAD' || statusCode === 204 || statusCode === 304
}

/** Without the parameters of a media type, in lower case. */
function mediaType(headers: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]?.toLowerCase() === name)
      return (headers[i + 1] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? null
  return null
}

function refused(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}
