import type { IncomingMessage, ServerResponse } from 'node:http'
import type { UpstreamExchange, UpstreamSink, Upstreams } from '../../core/ports.ts'
import type { Outbound } from './outbound.ts'
import { announcedLength, bodyTooLarge, hasBody, Upload } from './upload.ts'

/** Told once: a fault from before the answer began, or the status of an answer that `begin` may now write. */
type Announce = (fault: Error | null, statusCode: number) => void

export interface DeliverySetup {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly outbound: Outbound
  readonly upstreams: Upstreams
  /** Hears of an upstream that broke off in the midst of its answer: no status can tell the client any more. */
  readonly onBrokenOff: (fault: Error) => void
}

/** A first piece up to this size is held to the end of the turn of the event loop. */
const smallBytes = 16 * 1024

/**
 * One answer on its way from the upstream to the client. Bytes go to the raw response as they come (server-sent
 * events are not held back); when the client reads slowly the upstream waits; when one side goes, the other is cut.
 */
export class Delivery implements UpstreamSink {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #outbound: Outbound
  readonly #upstreams: Upstreams
  readonly #onBrokenOff: (fault: Error) => void
  #announce: Announce = () => {}
  #exchange: UpstreamExchange | null = null
  #headers: readonly string[] = []
  #held: Buffer | null = null
  #flowing = false
  #stalled: NodeJS.Timeout | null = null

  constructor(setup: DeliverySetup) {
    this.#request = setup.request
    this.#response = setup.response
    this.#outbound = setup.outbound
    this.#upstreams = setup.upstreams
    this.#onBrokenOff = setup.onBrokenOff
  }

  /** Sends the request; refuses first what is announced to be too long, before the upstream hears of it. */
  start(announce: Announce): void {
    this.#announce = announce
    const { request } = this.#outbound
    if (!hasBody(this.#request)) {
      this.#exchange = this.#upstreams.request({ ...request, body: null }, this)
    } else {
      const limit = this.#outbound.maxBodyBytes
      if (limit !== null && (announcedLength(this.#request) ?? 0) > limit) {
        this.#announce(bodyTooLarge(), 0)
        return
      }
      this.#exchange = this.#upstreams.request({ ...request, body: this.#upload() }, this)
    }
    // Emitted once, after the last byte or when the client went away; cancelling what is over does nothing.
    this.#response.on('close', () => this.destroy())
  }

  #upload(): Upload {
    const { maxBodyBytes, request } = this.#outbound
    return new Upload(this.#request, { maxBytes: maxBodyBytes, idleMs: request.timeouts.idleSeconds * 1000 })
  }

  head(statusCode: number, headers: readonly string[]): void {
    this.#headers = headers
    this.#announce(null, statusCode)
  }

  /** Writes the status line and the headers: `onResponse` of @fastify/http-proxy calls it. */
  begin(statusCode: number): void {
    const headers = this.#outbound.toClient(this.#headers)
    // An answer before the end of the upload: what is left of the body must not be read as a next request.
    const framed = this.#request.complete ? headers : [...headers, 'Connection', 'close']
    this.#response.writeHead(statusCode, framed as string[])
  }

  data(chunk: Buffer): boolean {
    if (!this.#flowing && chunk.length <= smallBytes) {
      this.#flowing = true
      this.#held = chunk
      process.nextTick(release, this)
      return true
    }
    this.#flowing = true
    this.release()
    if (this.#response.write(chunk)) return true
    this.#waitForClient()
    return false
  }

  /** Writes what was held: there is more to come, or it is not there yet. */
  release(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    this.#response.write(held)
  }

  /** A small answer that is all there goes out as one text with its headers, in one system call. */
  end(): void {
    const held = this.#held
    this.#held = null
    if (held === null) this.#response.end()
    else this.#response.end(held.toString('latin1'), 'latin1')
  }

  failed(fault: Error): void {
    if (!this.#response.headersSent) {
      this.#announce(fault, 0)
      return
    }
    this.#onBrokenOff(fault)
    this.#response.destroy()
  }

  /** The client went away. @fastify/reply-from calls it too, when it finds the request aborted. */
  destroy(): void {
    if (this.#stalled !== null) clearTimeout(this.#stalled)
    this.#exchange?.cancel()
  }

  /** A client that takes nothing for as long as the upstream might say nothing is cut. */
  #waitForClient(): void {
    const idleMs = this.#outbound.request.timeouts.idleSeconds * 1000
    this.#stalled = setTimeout(() => this.#response.destroy(), idleMs).unref()
    this.#response.once('drain', () => {
      if (this.#stalled !== null) clearTimeout(this.#stalled)
      this.#stalled = null
      this.#exchange?.resume()
    })
  }
}

function release(delivery: Delivery): void {
  delivery.release()
}
