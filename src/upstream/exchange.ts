import type { Dispatcher } from 'undici'
import { UpstreamFault } from '../core/fault.ts'
import type { UpstreamExchange, UpstreamSink } from '../core/ports.ts'
import { toUpstreamFault } from './fault.ts'

/**
 * One request under way, between undici and the sink. It speaks undici's raw callbacks: bytes go from the
 * upstream's socket to the sink without a stream, a promise or a header object in between, which is a quarter of
 * the cost of a small request.
 */
export class Exchange implements Dispatcher.DispatchHandler, UpstreamExchange {
  readonly #sink: UpstreamSink
  #abort: ((reason?: Error) => void) | null = null
  #resume: (() => void) | null = null
  /** After this nothing more is told to the sink. */
  #over = false

  constructor(sink: UpstreamSink) {
    this.#sink = sink
  }

  resume(): void {
    if (!this.#over) this.#resume?.()
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.#abort?.()
  }

  onConnect(abort: (reason?: Error) => void): void {
    // Cancelled while the connection was being made: nothing has been sent yet, and nothing will be.
    if (this.#over) abort()
    else this.#abort = abort
  }

  onHeaders(statusCode: number, raw: Buffer[], resume: () => void): boolean {
    // 103 and its like are meant for the hop that asked (RFC 9110 15.2); we did not.
    if (statusCode < 200) return true
    if (statusCode > 599) {
      // Thrown here, undici aborts the connection and reports it to onError.
      throw new UpstreamFault('UPSTREAM_RESPONSE_INVALID', `the upstream answered with status ${statusCode}`)
    }
    this.#resume = resume
    this.#sink.head(statusCode, texts(raw))
    return true
  }

  onData(chunk: Buffer): boolean {
    return this.#over ? true : this.#sink.data(chunk)
  }

  /** Trailers are dropped: RFC 9110 6.5.1 lets any hop do so, and merging them would skip our header rules. */
  onComplete(): void {
    if (this.#over) return
    this.#over = true
    this.#sink.end()
  }

  onError(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#sink.failed(toUpstreamFault(error))
  }
}

/** Header bytes as latin-1 text, which is how node:http writes them again: byte for byte. */
function texts(raw: readonly Buffer[]): string[] {
  const headers: string[] = []
  for (const bytes of raw) headers.push(bytes.toString('latin1'))
  return headers
}
