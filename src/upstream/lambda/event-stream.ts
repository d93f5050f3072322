import { isObject, parseJson } from '../../core/json.ts'
import { limits } from '../../core/limits/table.ts'

/** What Lambda tells of an invocation whose answer streams. */
export type StreamEvent =
  | { readonly kind: 'payload'; readonly bytes: Buffer }
  /** The last one. Null: the function came to its end. */
  | { readonly kind: 'complete'; readonly error: StreamError | null }

/** As Lambda says it: of the function's making, so none of it goes to a client. */
export interface StreamError {
  readonly code: string
  readonly details: string
}

interface EventsRead {
  readonly events: readonly StreamEvent[]
  /** What is wrong behind them; goes on after "an event stream that". Nothing further can be read. Null: nothing. */
  readonly wrong: string | null
}

/** Reads an event stream as it comes, in whatever pieces. */
export interface EventStream {
  /** The events that are whole with this piece. What is not yet a message is held: at most one, of a known length. */
  read(piece: Buffer): EventsRead
  /** What is held of a message that is not whole. */
  readonly heldBytes: number
}

type Codec = InstanceType<typeof import('@smithy/eventstream-codec').EventStreamCodec>
type Message = ReturnType<Codec['decode']>

let codec: Promise<Codec> | null = null

/**
 * AWS's own reader of messages. It is loaded by the first who asks for a stream: most gateways have none. Where that fails,
 * the next one tries again.
 */
async function loadCodec(load: typeof importCodec): Promise<Codec> {
  codec ??= load()
  try {
    return await codec
  } catch (thrown) {
    codec = null
    throw thrown
  }
}

/** Loads it ahead of the first request. What it fails of, that request hears. */
export function prepareEventStreams(): void {
  loadCodec(importCodec).catch(() => {})
}

async function importCodec(): Promise<Codec> {
  const { EventStreamCodec } = await import('@smithy/eventstream-codec')
  return new EventStreamCodec(
    (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
    (text) => Buffer.from(text),
  )
}

/**
 * A reader for one answer of `application/vnd.amazon.eventstream`. Messages and their checksums:
 * https://smithy.io/2.0/aws/amazon-eventstream.html · their kinds:
 * https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
 */
export async function openEventStream(load: typeof importCodec = importCodec): Promise<EventStream> {
  const loaded = await loadCodec(load)
  const messages = new MessageSplitter()
  return {
    read: (piece) => {
      const { messages: whole, wrong } = messages.split(piece)
      const events: StreamEvent[] = []
      for (const bytes of whole) {
        const reading = readMessage(loaded, bytes)
        if (!reading.ok) return { events, wrong: reading.why }
        if (reading.event !== null) events.push(reading.event)
      }
      return { events, wrong }
    },
    get heldBytes() {
      return messages.heldBytes
    },
  }
}

/** The length of a message, that of its headers, and the checksums of the prelude and of all. */
const lengthField = 4
const overhead = 16

interface Split {
  readonly messages: readonly Buffer[]
  readonly wrong: string | null
}

class MessageSplitter {
  #held: Buffer[] = []
  #heldBytes = 0

  get heldBytes(): number {
    return this.#heldBytes
  }

  split(piece: Buffer): Split {
    this.#held.push(piece)
    this.#heldBytes += piece.length
    const messages: Buffer[] = []
    for (;;) {
      const length = this.#nextLength()
      if (length === null) return { messages, wrong: null }
      if (length < overhead || length > limits.functionFrameBytes)
        return { messages, wrong: `has a message of ${length} bytes` }
      if (this.#heldBytes < length) return { messages, wrong: null }
      const held = this.#joined()
      messages.push(held.subarray(0, length))
      this.#held = held.length === length ? [] : [held.subarray(length)]
      this.#heldBytes -= length
    }
  }

  #nextLength(): number | null {
    if (this.#heldBytes < lengthField) return null
    const [first] = this.#held
    const beginning = first !== undefined && first.length >= lengthField ? first : this.#joined()
    return beginning.readUInt32BE(0)
  }

  /** Once a message, and not at each of its pieces. */
  #joined(): Buffer {
    const [first] = this.#held
    const joined = first !== undefined && this.#held.length === 1 ? first : Buffer.concat(this.#held)
    this.#held = [joined]
    return joined
  }
}

type MessageReading =
  /** Null: an event that is not known. */
  { readonly ok: true; readonly event: StreamEvent | null } | { readonly ok: false; readonly why: string }

function readMessage(codec: Codec, bytes: Buffer): MessageReading {
  const message = decoded(codec, bytes)
  if (message === null) return refused('has a message whose checksum or form is wrong')
  const kind = headerText(message, ':message-type')
  // Lambda may break off in words of its own: then there is no `InvokeComplete`.
  if (kind === 'exception') return broken(headerText(message, ':exception-type'), text(message))
  if (kind === 'error')
    return broken(headerText(message, ':error-code'), headerText(message, ':error-message') ?? '')
  if (kind !== 'event') return refused('has a message that is neither an event nor an error')
  switch (headerText(message, ':event-type')) {
    case 'PayloadChunk':
      return one({ kind: 'payload', bytes: bodyOf(message) })
    case 'InvokeComplete':
      return completed(text(message))
    default:
      // Clients of AWS pass over events that they do not know.
      return { ok: true, event: null }
  }
}

function decoded(codec: Codec, bytes: Buffer): Message | null {
  try {
    return codec.decode(bytes)
  } catch {
    return null
  }
}

function completed(json: string): MessageReading {
  const value = parseJson(json)
  if (!isObject(value)) return refused('ends with an `InvokeComplete` that is no JSON object')
  const { ErrorCode: code = null, ErrorDetails: details = null } = value
  if (code === null || code === '') return one({ kind: 'complete', error: null })
  return broken(typeof code === 'string' ? code : null, typeof details === 'string' ? details : '')
}

function broken(code: string | null, details: string): MessageReading {
  return one({ kind: 'complete', error: { code: code ?? 'unknown', details } })
}

function headerText(message: Message, name: string): string | null {
  const header = Object.hasOwn(message.headers, name) ? message.headers[name] : undefined
  return header?.type === 'string' ? header.value : null
}

function bodyOf({ body }: Message): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

function text(message: Message): string {
  return bodyOf(message).toString('utf8')
}

function one(event: StreamEvent): MessageReading {
  return { ok: true, event }
}

function refused(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}
