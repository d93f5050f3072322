import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { UpstreamFault } from '../../core/fault.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { BodyPace, type BodyPaceLimits } from './body-pace.ts'

/** The length that the client announced; null when it sends chunks. The parser has refused what is no number. */
export function announcedLength(request: IncomingMessage): number | null {
  const length = request.headers['content-length']
  return length === undefined ? null : Number(length)
}

export interface UploadLimits extends BodyPaceLimits {
  /** Null: any. */
  readonly maxBytes: number | null
}

export interface UploadListener {
  readonly onFault: (fault: UpstreamFault) => void
  /** Called with each piece that the client has sent; null: nobody wants to know. */
  readonly onPiece: (() => void) | null
}

/**
 * A request body on its way to the upstream. It is read as fast as the upstream takes it. When it is longer than
 * allowed, or slower, `onFault` hears of it once, and the piece that is too much is not passed on. It never ends in an
 * error, whoever destroys it and why: what went wrong is told to the owner of the exchange alone, and nobody needs to
 * listen here.
 */
export class Upload extends Readable {
  readonly #request: IncomingMessage
  readonly #maxBytes: number | null
  readonly #listener: UploadListener
  readonly #pace: BodyPace
  #bytes = 0

  constructor(
    request: IncomingMessage,
    limits: UploadLimits,
    listener: UploadListener,
    timing: Timing = systemTiming,
  ) {
    super()
    this.#request = request
    this.#maxBytes = limits.maxBytes
    this.#listener = listener
    this.#pace = new BodyPace(limits, () => this.#fail(bodyStalled()), timing)
    request.pause()
    request.on('data', this.#take)
    request.on('end', this.#finish)
    // A client that goes away is no fault of the process; the close of its answer tells the owner.
    request.on('error', () => {})
  }

  override _read(): void {
    this.#pace.start()
    this.#request.resume()
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#leave()
    done(null)
  }

  readonly #take = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    if (this.#maxBytes !== null && this.#bytes > this.#maxBytes) {
      this.#fail(bodyTooLarge())
      return
    }
    this.#pace.took(chunk.length)
    this.#listener.onPiece?.()
    if (this.push(chunk)) return
    this.#pace.stop()
    this.#request.pause()
  }

  readonly #finish = (): void => {
    this.#pace.close()
    this.push(null)
  }

  #fail(fault: UpstreamFault): void {
    this.#leave()
    this.#listener.onFault(fault)
  }

  #leave(): void {
    this.#pace.close()
    this.#request.off('data', this.#take).off('end', this.#finish).pause()
  }
}

export function bodyTooLarge(): UpstreamFault {
  return new UpstreamFault('REQUEST_BODY_TOO_LARGE', 'the request body is longer than max_body')
}

export function bodyStalled(): UpstreamFault {
  return new UpstreamFault('REQUEST_BODY_STALLED', 'the request body came too slowly, or not to its end')
}
