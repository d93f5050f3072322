import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../../core/limits/table.ts'
import { noteCut } from './cut-answer.ts'

type Serve = (request: IncomingMessage, response: ServerResponse) => void

const carried = Symbol('connection')

type Carrier = Socket & { [carried]?: Connection }

/** The connection of a socket; each has one from its first request on. */
export function connectionOf(socket: Socket): Connection | null {
  const carrier: Carrier = socket
  return carrier[carried] ?? null
}

/**
 * One client connection. Its requests are served one after the other (RFC 9112 section 9.3.2): node:http hands over
 * all that it has read, and each would open a connection to the upstream of its own.
 */
export class Connection {
  readonly #socket: Socket
  readonly #unreadMs: number
  #current: ServerResponse | null = null
  readonly #waiting: { readonly response: ServerResponse; readonly serve: Serve }[] = []
  #excess = 0
  #ending = false
  #unread = false

  constructor(socket: Socket, unreadMs: number) {
    const carrier: Carrier = socket
    carrier[carried] = this
    this.#socket = socket
    this.#unreadMs = unreadMs
  }

  /** Serves a request now, or when all before it are answered; never, when the connection ends first. */
  take(request: IncomingMessage, response: ServerResponse, serve: Serve): void {
    if (this.#current === null) this.#begin(request, response, serve)
    else if (this.#ending || this.#waiting.length >= limits.pipelinedRequests) this.#refuse()
    else this.#waiting.push({ response, serve })
  }

  /** The last request that was taken and is not answered; null: none. */
  newest(): ServerResponse | null {
    return this.#waiting.at(-1)?.response ?? this.#current
  }

  /** Whether a request is served, and none waits behind it. */
  servesOne(): boolean {
    return this.#current !== null && this.#waiting.length === 0
  }

  isIdle(): boolean {
    return this.#current === null
  }

  /** Takes no more requests; the connection ends when those that were taken are answered. */
  endAfterTaken(): void {
    this.#ending = true
    this.#socket.pause()
    if (this.#current === null) this.#socket.destroySoon()
  }

  /** Ends when the request that it serves is answered, at once when there is none. What waits behind it is not served. */
  endAfterCurrent(): void {
    this.#ending = true
    this.#waiting.length = 0
    if (this.#current === null) this.#socket.destroySoon()
    else if (!this.#current.headersSent) this.#current.shouldKeepAlive = false
  }

  #begin(request: IncomingMessage, response: ServerResponse, serve: Serve): void {
    // The answer before said that it was the last (RFC 9112 section 9.6), or the client went away meanwhile.
    if (this.#socket.writableEnded || this.#socket.destroyed) return
    this.#current = response
    // Its time is its own: one of the answer before may still run.
    if (this.#socket.timeout !== 0) this.#socket.setTimeout(0)
    response.once('prefinish', ended)
    response.once('close', answered)
    serve(request, response)
  }

  /** All of an answer was written; what the system did not take at once has a time in which some of it must go out. */
  ended(): void {
    if (this.#socket.writableLength === 0) return
    this.#unread = true
    this.#socket.setTimeout(this.#unreadMs, this.#cut)
  }

  readonly #cut = (): void => {
    if (this.#current !== null) noteCut(this.#current.req, 'ANSWER_STALLED')
    this.#socket.destroy()
  }

  answered(): void {
    this.#current = null
    if (this.#unread) this.#socket.off('timeout', this.#cut)
    this.#unread = false
    const next = this.#waiting.shift()
    if (next === undefined) {
      if (this.#ending) this.#socket.destroySoon()
      return
    }
    if (this.#waiting.length === 0 && this.#excess > 0) next.response.shouldKeepAlive = false
    this.#begin(next.response.req, next.response, next.serve)
  }

  #refuse(): void {
    this.#excess += 1
    if (this.#excess > limits.pipelinedExcess) this.#socket.destroy()
  }
}

function ended(this: ServerResponse): void {
  const { socket } = this.req
  connectionOf(socket)?.ended()
}

/** Emitted once, whether the answer was sent or the client went away. */
function answered(this: ServerResponse): void {
  const { socket } = this.req
  connectionOf(socket)?.answered()
}
