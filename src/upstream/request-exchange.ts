import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { UpstreamFault } from '../core/fault.ts'
import type { Timeouts } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type { UpstreamExchange, UpstreamRequest, UpstreamSink } from '../core/ports.ts'
import { answerHead } from './answer-head.ts'
import type { Connection, ConnectionOptions, Dispatched } from './connection.ts'
import {
  answeredNothing,
  isClosedByPeer,
  isLengthMismatch,
  type Situation,
  toUpstreamFault,
} from './fault.ts'
import { piecesOf, withLength } from './pieces.ts'
import type { ConnectionPool, Waiter } from './pool.ts'
import { phaseOf } from './reached.ts'
import type { Sending, SendingFault } from './sending.ts'

/** Safe methods (RFC 9110 section 9.2.1) that people's browsers use: asking twice changes nothing at the app. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

function notWaiting(): void {}

/**
 * One request under way, between undici and the sink. It speaks undici's raw callbacks: bytes go from the
 * upstream's socket to the sink without a stream, a promise or a header object in between, which is a quarter of
 * the cost of a small request.
 */
export class RequestExchange implements Dispatcher.DispatchHandler, UpstreamExchange, Waiter {
  readonly options: ConnectionOptions
  readonly #request: UpstreamRequest
  readonly #sink: UpstreamSink
  readonly #pool: ConnectionPool
  #leaveQueue = notWaiting
  #connection: Connection | null = null
  #dispatched: Dispatched | null = null
  #abort: ((reason?: Error) => void) | null = null
  #resume: (() => void) | null = null
  #sending: Sending | null = null
  /** The answer has a status that has no body, whatever its headers say. */
  #bodiless = false
  /** After this nothing more is told to the sink, but what it failed of. */
  #over = false
  #cancelled = false

  constructor(
    request: UpstreamRequest,
    options: ConnectionOptions,
    pool: ConnectionPool,
    sink: UpstreamSink,
  ) {
    this.#request = request
    this.options = options
    this.#pool = pool
    this.#sink = sink
  }

  get connectionsAtMost(): number {
    return this.#request.upstream.maxConnections
  }

  start(): void {
    const { body } = this.#request
    // undici listens to a body while it has it: not while the request waits, nor after it failed.
    if (body instanceof Readable)
      body.on('error', (error) => {
        if (this.#connection === null) this.#fail(error)
      })
    this.#leaveQueue = this.#pool.acquire(this)
  }

  acquired(connection: Connection): void {
    this.#connection = connection
    this.#dispatched = null
    const { method, path, headers, body, timeouts, pausesAreTimed = true } = this.#request
    const isWhole = Buffer.isBuffer(body)
    connection.dispatch(
      {
        method,
        path,
        headers: (isWhole ? withLength(headers, body) : headers) as string[],
        body: isWhole && body.length > limits.upstreamPieceBytes ? piecesOf(body) : body,
        // undici's runs while the app still reads; ours waits until the body is gone.
        headersTimeout: body === null ? timeouts.responseSeconds * 1000 : 0,
        bodyTimeout: pausesAreTimed ? timeouts.idleSeconds * 1000 : 0,
      },
      this,
    )
  }

  refused(fault: UpstreamFault): void {
    this.#fail(fault)
  }

  resume(): void {
    if (!this.#over) this.#resume?.()
  }

  cancel(): void {
    this.#cancelled = true
    if (this.#over) return
    this.#over = true
    this.#abort?.()
    this.#drop()
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    this.#dispatched = this.#connection?.dispatched() ?? null
    const { body, timeouts } = this.#request
    if (body === null) return
    const limits = { idleMs: timeouts.idleSeconds * 1000, responseMs: timeouts.responseSeconds * 1000 }
    this.#sending =
      this.#connection?.watchSending(limits, {
        onGone: () => this.#sink.sent?.(),
        onFault: (fault) => this.#fail(notTaken(fault, timeouts)),
      }) ?? null
  }

  onBodySent(): void {
    this.#sending?.wrote()
  }

  onRequestSent(): void {
    this.#sending?.wroteAll()
  }

  onHeaders(statusCode: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    // 103 and its like are meant for the hop that asked (RFC 9110 15.2); we did not.
    if (statusCode < 200) return true
    if (statusCode > 599) {
      // Thrown here, undici aborts the connection and reports it to onError.
      throw new UpstreamFault(
        'UPSTREAM_RESPONSE_INVALID',
        `it answered with status ${statusCode}, which there is not`,
      )
    }
    this.#resume = resume
    this.#sending?.stop()
    this.#bodiless = hasNoBody(statusCode)
    this.#sink.head(answerHead(statusCode, raw, statusText))
    return true
  }

  onData(chunk: Buffer): boolean {
    return this.#over ? true : this.#sink.data(chunk)
  }

  /** Trailers are dropped: RFC 9110 6.5.1 lets any hop do so, and merging them would skip our header rules. */
  onComplete(): void {
    if (this.#over) return
    this.#over = true
    if (this.#connection !== null) this.#pool.release(this.#connection)
    this.#sink.end()
  }

  onError(error: Error): void {
    if (this.#over) return
    if (this.#bodiless && isLengthMismatch(error)) {
      this.#over = true
      this.#drop()
      this.#sink.end()
      return
    }
    if (this.#connection !== null && this.#mayRepeat(error, this.#connection, this.#dispatched)) {
      this.acquired(this.#pool.replace(this.#connection))
    } else {
      this.#fail(error)
    }
  }

  /**
   * Whether to retry on a new connection what met a stale one (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1): the app
   * closed a keep-alive connection that had been idle, and can hardly have seen what was written to it. Everything else is
   * sent once, as the app may have done it. Nothing is sent a third time: the second connection was new.
   */
  #mayRepeat(error: Error, connection: Connection, dispatched: Dispatched | null): boolean {
    const { method, body } = this.#request
    return (
      dispatched?.reused === true &&
      safeMethods.has(method) &&
      body === null &&
      isClosedByPeer(error) &&
      connection.silentSince(dispatched, limits.upstreamRepeatMs)
    )
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#over = true
    const situation = this.#situation()
    const asks = this.#mayBeTls(error)
    this.#drop()
    if (!asks) this.#sink.failed(toUpstreamFault(error, situation))
    else
      void this.#pool.speaksTls(this.#request.upstream).then((speaksTls) => {
        if (!this.#cancelled) this.#sink.failed(toUpstreamFault(error, { ...situation, speaksTls }))
      })
  }

  #situation(): Situation {
    const reached = this.#connection?.reached ?? null
    const asked = this.#resume === null ? 'asking' : 'answering'
    const phase = this.#dispatched === null ? phaseOf(reached) : asked
    return { request: this.#request, phase, reached }
  }

  /** A new connection over http was closed without one byte, as servers do that speak TLS there. */
  #mayBeTls(error: Error): boolean {
    const dispatched = this.#dispatched
    return (
      this.#request.upstream.scheme === 'http' &&
      dispatched?.reused === false &&
      isClosedByPeer(error) &&
      this.#connection?.silentSince(dispatched, limits.upstreamRepeatMs) === true
    )
  }

  /** Leaves the queue; a connection that it got is good for no other request. */
  #drop(): void {
    this.#sending?.stop()
    if (this.#connection === null) {
      this.#leaveQueue()
      const { body } = this.#request
      if (body instanceof Readable) body.destroy()
      return
    }
    this.#connection.busy = false
    this.#connection.end()
  }
}

function notTaken(fault: SendingFault, { idleSeconds, responseSeconds }: Timeouts): UpstreamFault {
  switch (fault) {
    case 'nothing-taken':
      return new UpstreamFault(
        'UPSTREAM_TIMEOUT',
        `it took nothing of the request’s body for ${idleSeconds} s (\`timeouts.idle\`)`,
      )
    case 'nothing-answered':
      return new UpstreamFault('UPSTREAM_TIMEOUT', answeredNothing(responseSeconds))
  }
}

/** RFC 9110 sections 15.3.5 and 15.4.5: a `Content-Length` there is that of another answer, or a mistake. */
function hasNoBody(statusCode: number): boolean {
  return statusCode === 204 || statusCode === 304
}
