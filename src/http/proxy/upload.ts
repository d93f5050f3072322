import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { UpstreamFault } from '../../core/fault.ts'

/** RFC 9112 section 6.3: a request has a body when it says so, whatever its method. */
export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/** The length that the client announced; null when it sends chunks. The parser has refused what is no number. */
export function announcedLength(request: IncomingMessage): number | null {
  const length = request.headers['content-length']
  return length === undefined ? null : Number(length)
}

export interface UploadLimits {
  /** Null: any. */
  readonly maxBytes: number | null
  /** How long the client may send nothing while the upstream waits for more. */
  readonly idleMs: number
}

/**
 * A request body on its way to the upstream. It is read as fast as the upstream takes it, and ends in a fault as
 * soon as it is longer than allowed or stands still; the piece that is too much is not passed on.
 */
export class Upload extends Readable {
  readonly #request: IncomingMessage
  readonly #limits: UploadLimits
  #bytes = 0
  #idle: NodeJS.Timeout | null = null

  constructor(request: IncomingMessage, limits: UploadLimits) {
    super()
    this.#request = request
    this.#limits = limits
    request.pause()
    request.on('data', this.#take)
    request.on('end', this.#finish)
    request.on('error', this.#fail)
  }

  override _read(): void {
    this.#idle ??= setTimeout(this.#stall, this.#limits.idleMs).unref()
    this.#request.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#rest()
    this.#request.off('data', this.#take).off('end', this.#finish).off('error', this.#fail)
    // Nobody else listens, and a client that goes away now is no fault of the process.
    this.#request.on('error', () => {}).pause()
    done(error)
  }

  readonly #take = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    const { maxBytes } = this.#limits
    if (maxBytes !== null && this.#bytes > maxBytes) {
      this.destroy(bodyTooLarge())
      return
    }
    this.#idle?.refresh()
    if (this.push(chunk)) return
    this.#rest()
    this.#request.pause()
  }

  readonly #finish = (): void => {
    this.#rest()
    this.push(null)
  }

  readonly #fail = (error: Error): void => {
    this.destroy(error)
  }

  readonly #stall = (): void => {
    this.destroy(new UpstreamFault('REQUEST_BODY_STALLED', 'the client stopped in the middle of its body'))
  }

  /** While the upstream is the slow one, the client is not timed. */
  #rest(): void {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
  }
}

export function bodyTooLarge(): UpstreamFault {
  return new UpstreamFault('REQUEST_BODY_TOO_LARGE', 'the request body is longer than max_body')
}
