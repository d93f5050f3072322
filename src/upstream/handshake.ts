import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { UpstreamFault } from '../core/fault.ts'
import { limits } from '../core/limits/table.ts'
import type { AnswerHead, UpstreamRequest, UpstreamUpgrade } from '../core/ports.ts'
import { webSocketAccept } from '../core/request/websocket-accept.ts'
import { answerHead } from './answer-head.ts'
import type { Connection, ConnectionOptions } from './connection.ts'
import { toUpstreamFault } from './fault.ts'
import type { ConnectionPool, Waiter } from './pool.ts'
import { phaseOf } from './reached.ts'

/** An answer that opens nothing, as it comes. */
interface Refusal {
  readonly head: AnswerHead
  readonly body: Buffer[]
  bytes: number
}

type Settle = (outcome: UpstreamUpgrade | Error) => void

/**
 * One WebSocket handshake with an upstream, on a connection of its own. Settled once: open after 101 with the right
 * accept key, refused with the upstream's status, or failed with a fault. A connection that did not become a
 * WebSocket is closed.
 */
export class UpgradeExchange implements Dispatcher.DispatchHandler, Waiter {
  readonly options: ConnectionOptions
  readonly #request: UpstreamRequest
  /** A nonce that no client chose. */
  readonly #key: string
  readonly #settled: Settle
  #leaveQueue: () => void = () => {}
  #connection: Connection | null = null
  #refusal: Refusal | null = null
  #connected = false
  #over = false

  constructor(request: UpstreamRequest, options: ConnectionOptions, key: string, settled: Settle) {
    this.#request = request
    this.options = options
    this.#key = key
    this.#settled = settled
  }

  get connectionsAtMost(): number {
    return this.#request.upstream.maxConnections
  }

  start(pool: ConnectionPool): void {
    this.#leaveQueue = pool.acquire(this)
  }

  acquired(connection: Connection): void {
    this.#connection = connection
    const { path, headers, timeouts } = this.#request
    connection.dispatch(
      {
        method: 'GET',
        path,
        headers: [...headers, 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', this.#key],
        upgrade: 'websocket',
        headersTimeout: timeouts.responseSeconds * 1000,
        bodyTimeout: timeouts.idleSeconds * 1000,
      },
      this,
    )
  }

  refused(fault: UpstreamFault): void {
    this.#end(fault)
  }

  /** Ends it at once, wherever it is; nothing happens when it is over. */
  cancel(): void {
    this.#end(new UpstreamFault('UPSTREAM_ABORTED', 'the handshake was given up'))
  }

  onConnect(): void {
    this.#connected = true
  }

  onHeaders(statusCode: number, raw: Buffer[], _resume: () => void, statusText: string): boolean {
    if (statusCode >= 200)
      this.#refusal = { head: answerHead(statusCode, raw, statusText), body: [], bytes: 0 }
    return true
  }

  onUpgrade(statusCode: number, raw: Buffer[] | string[] | null, socket: Duplex): void {
    const headers = (raw ?? []).map((text) => (typeof text === 'string' ? text : text.toString('latin1')))
    const accepted = headerValue(headers, 'sec-websocket-accept') === webSocketAccept(this.#key)
    const isWebSocket = headerValue(headers, 'upgrade')?.toLowerCase() === 'websocket'
    if (!this.#over && statusCode === 101 && accepted && isWebSocket) {
      this.#over = true
      // It counts until its socket has closed.
      if (this.#connection !== null) this.#connection.busy = false
      this.#settled({ kind: 'open', socket, headers })
      return
    }
    socket.on('error', () => {}).destroy()
    this.#end(
      new UpstreamFault(
        'UPSTREAM_RESPONSE_INVALID',
        'it answered a WebSocket handshake by switching to something else',
      ),
    )
  }

  onData(chunk: Buffer): boolean {
    if (this.#refusal === null) return true
    this.#refusal.bytes += chunk.length
    this.#refusal.body.push(chunk)
    if (this.#refusal.bytes > limits.webSocketRefusalBytes) this.#refuse(null)
    return true
  }

  onComplete(): void {
    this.#refuse(Buffer.concat(this.#refusal?.body ?? []))
  }

  /** A refusal whose body breaks off is one all the same. */
  onError(error: Error): void {
    if (this.#refusal === null) this.#end(error)
    else this.#refuse(null)
  }

  #refuse(body: Buffer | null): void {
    if (this.#refusal !== null) this.#end({ kind: 'refused', head: this.#refusal.head, body })
  }

  #end(outcome: UpstreamUpgrade | Error): void {
    if (this.#over) return
    this.#over = true
    this.#leaveQueue()
    const reached = this.#connection?.reached ?? null
    if (this.#connection !== null) {
      this.#connection.busy = false
      this.#connection.end()
    }
    const phase = this.#connected ? 'asking' : phaseOf(reached)
    const situation = { request: this.#request, phase, reached }
    this.#settled(outcome instanceof Error ? toUpstreamFault(outcome, situation) : outcome)
  }
}

function headerValue(headers: readonly string[], name: string): string | null {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name)
  return at === -1 ? null : (headers[at + 1] ?? null)
}
