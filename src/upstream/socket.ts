import { createHash, randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { UpstreamFault } from '../core/fault.ts'
import type { UpstreamUpgrade } from '../core/ports.ts'
import { toUpstreamFault } from './fault.ts'

/** RFC 6455 section 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A handshake of our own: a nonce that no client chose. */
export function newHandshakeKey(): string {
  return randomBytes(16).toString('base64')
}

/**
 * One WebSocket handshake with an upstream. Settled once: open after 101 with the right accept key, refused with the
 * upstream's status, or failed with a fault. A connection that did not become a WebSocket is closed.
 */
export class UpgradeExchange implements Dispatcher.DispatchHandler {
  readonly #key: string
  readonly #resolve: (upgrade: UpstreamUpgrade) => void
  readonly #reject: (fault: Error) => void
  #abort: ((reason?: Error) => void) | null = null

  constructor(key: string, resolve: (upgrade: UpstreamUpgrade) => void, reject: (fault: Error) => void) {
    this.#key = key
    this.#resolve = resolve
    this.#reject = reject
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
  }

  onHeaders(statusCode: number): boolean {
    if (statusCode < 200) return true
    this.#resolve({ kind: 'refused', statusCode })
    // Its body is nobody's: the gateway answers with words of its own.
    this.#abort?.()
    return true
  }

  onUpgrade(statusCode: number, raw: Buffer[] | string[] | null, socket: Duplex): void {
    const headers = (raw ?? []).map((text) => (typeof text === 'string' ? text : text.toString('latin1')))
    const expected = createHash('sha1')
      .update(this.#key + acceptSuffix)
      .digest('base64')
    const accepted = headerValue(headers, 'sec-websocket-accept') === expected
    if (statusCode === 101 && accepted && headerValue(headers, 'upgrade')?.toLowerCase() === 'websocket') {
      this.#resolve({ kind: 'open', socket, headers })
      return
    }
    socket.on('error', () => {}).destroy()
    const fault = new UpstreamFault('UPSTREAM_RESPONSE_INVALID', 'the upstream switched to something else')
    this.#reject(fault)
  }

  onData(): boolean {
    return true
  }

  onComplete(): void {}

  onError(error: Error): void {
    this.#reject(toUpstreamFault(error))
  }
}

function headerValue(headers: readonly string[], name: string): string | null {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name)
  return at === -1 ? null : (headers[at + 1] ?? null)
}
