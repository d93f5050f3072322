import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { UpstreamFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import type { AnswerHead, UpstreamExchange, UpstreamSink, Upstreams } from '../../core/ports.ts'
import { announcesBody } from '../../core/request/body.ts'
import { upstreamPlace } from '../../core/upstream-settings.ts'
import type { HeldShare } from '../../runtime/held-share.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { resumedFormOf } from '../admission/resumed-form.ts'
import { ClientBody } from './client-body.ts'
import type { Outbound } from './outbound.ts'

/** Told once: a fault from before the answer began, or the status of an answer that `begin` may now write. */
type Announce = (fault: Error | null, statusCode: number) => void

interface ExchangeSetup {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly outbound: Outbound
  readonly upstreams: Upstreams
  /** Where the body is counted that is held before it is sent; null: it is sent as it comes. */
  readonly share: HeldShare | null
  readonly observer: ExchangeObserver
}

/** Who hears what becomes of exchanges; the same for all of them. */
export interface ExchangeObserver {
  /** A request has a body that will be read; returns who hears of each piece of it; null: nobody. */
  readonly onBody: (request: IncomingMessage) => (() => void) | null
  /** An answer which had begun ends in a fault: no status can tell the client any more. */
  readonly onCut: (fault: Error, request: IncomingMessage) => void
  /** The upstream has answered, and nobody takes the rest of the body. */
  readonly onBodyLeft: (request: IncomingMessage) => void
  /** The answer is one of server-sent events; `end` ends them. Returns who hears that they are over. */
  readonly onEventStream: (request: IncomingMessage, end: () => void) => () => void
}

// Not made anew for each exchange.
const nobody: Announce = () => {}
const noHead: AnswerHead = { statusCode: 0, reasonPhrase: null, headers: [] }

/** A first piece up to this size is held to the end of the turn of the event loop. */
const smallBytes = 16 * 1024

/**
 * One request and its answer, from the moment it was let in: the client's body, the exchange with the upstream, the
 * answer and its place on the client's connection. This is their one owner. Whichever of them ends, fails or goes
 * away first, the others are over with it, and it is told once.
 *
 * Bytes go to the raw response as they come (server-sent events are not held back); when one side is slow the other
 * waits.
 */
export class Exchange implements UpstreamSink {
  readonly #setup: ExchangeSetup
  readonly #timing: Timing
  #announce: Announce = nobody
  #upstream: UpstreamExchange | null = null
  #body: ClientBody | null = null
  #head = noHead
  #begun = false
  #held: Buffer | null = null
  #stopTimer: (() => void) | null = null
  #ticking = false
  #leaveEvents: (() => void) | null = null
  #over = false

  constructor(setup: ExchangeSetup, timing: Timing = systemTiming) {
    this.#setup = setup
    this.#timing = timing
  }

  /** Sends the request, as soon as its body may go. What is refused before is nothing that the upstream hears of. */
  start(announce: Announce): void {
    this.#announce = announce
    const { request, response, outbound, share, observer } = this.#setup
    const form = resumedFormOf(request)?.sent?.body ?? null
    // What stood for a form has been read to its end, after which Node destroys a request by itself.
    if (response.destroyed || (form === null && request.destroyed)) return
    // Emitted once, after the last byte or when the client went away.
    response.on('close', () => this.#end())
    // As nearly every request is.
    if (form === null && !announcesBody(request.headers)) {
      this.#send(null)
      return
    }
    const {
      request: { timeouts },
      maxBodyBytes,
    } = outbound
    this.#body = new ClientBody(
      { request, response, timeouts, maxBodyBytes, share, form },
      {
        onReady: (body) => this.#send(body),
        onFault: (fault) => this.#fail(fault),
        onPiece: () => observer.onBody(request),
      },
      this.#timing,
    )
    this.#body.start()
  }

  #send(body: Readable | Buffer | null): void {
    const { outbound, upstreams } = this.#setup
    this.#upstream = upstreams.request({ ...outbound.request, body }, this)
    if (this.#over) this.#upstream.cancel()
  }

  head(head: AnswerHead): void {
    this.#head = head
    this.#tick()
  }

  /** Ends an answer of server-sent events, as an app would that has no more of them. */
  endEvents(): void {
    if (this.#over) return
    this.#end()
    this.#setup.response.end()
  }

  /** Writes the status line and the headers: `onResponse` of @fastify/http-proxy calls it. */
  begin(statusCode: number): void {
    const { request, response, outbound, observer } = this.#setup
    const { reasonPhrase, headers } = outbound.toClient(this.#head)
    // An answer before the end of the upload: what is left of the body must not be read as a next request.
    const framed = request.complete ? headers : [...headers, 'Connection', 'close']
    if (reasonPhrase === null) response.writeHead(statusCode, framed as string[])
    else response.writeHead(statusCode, reasonPhrase, framed as string[])
    if (isEventStream(this.#head.headers))
      this.#leaveEvents = observer.onEventStream(request, () => this.endEvents())
  }

  data(chunk: Buffer): boolean {
    const first = !this.#begun
    if (first) this.#begin()
    if (this.#over) return true
    if (first && chunk.length <= smallBytes) {
      this.#held = chunk
      this.#tick()
      return true
    }
    this.#release()
    if (this.#setup.response.write(chunk)) return true
    this.#waitForClient()
    return false
  }

  /** A small answer that is all there goes out as one text with its headers, in one system call. */
  end(): void {
    if (!this.#begun) this.#begin()
    if (this.#over) return
    const { request, response } = this.#setup
    const held = this.#held
    this.#held = null
    if (!request.complete) this.#leaveBody()
    if (held === null) response.end()
    else response.end(held.toString('latin1'), 'latin1')
  }

  failed(fault: Error): void {
    this.#fail(fault)
  }

  /** @fastify/reply-from calls it when it finds the request aborted. */
  destroy(): void {
    this.#end()
  }

  /** At the end of the turn in which the head or the first piece came: what else came with it is here by now. */
  afterTurn(): void {
    this.#ticking = false
    if (this.#over) return
    if (this.#begun) this.#release()
    else if (isEventStream(this.#head.headers)) this.#flushHead()
    else this.#stopTimer ??= this.#timing.after(limits.answerHeadMs, () => this.#flushHead())
  }

  #tick(): void {
    if (this.#ticking) return
    this.#ticking = true
    process.nextTick(afterTurn, this)
  }

  /** Throws where the upstream's headers cannot be written again; its exchange then ends in that fault. */
  #begin(): void {
    this.#begun = true
    this.#clearTimer()
    this.#announce(null, this.#head.statusCode)
  }

  /** The head alone: a client of events, or of a poll that takes long, learns by it that the upstream is there. */
  #flushHead(): void {
    try {
      this.#begin()
      this.#setup.response.flushHeaders()
    } catch (thrown) {
      this.#fail(headUnsendable(this.#setup.outbound, thrown))
    }
  }

  /** Writes what was held: there is more to come, or it is not there yet. */
  #release(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    this.#setup.response.write(held)
  }

  /** Every fault of either side comes here, and is the end of both. */
  #fail(fault: Error): void {
    if (this.#over) return
    this.#end()
    const { request, response, observer } = this.#setup
    if (!response.headersSent) {
      // A head that could not be written has left its reason phrase: it must not stand beside a status of ours.
      response.statusMessage = ''
      this.#announce(fault, 0)
      return
    }
    observer.onCut(fault, request)
    response.destroy()
  }

  #end(): void {
    this.#over = true
    this.#leaveEvents?.()
    this.#clearTimer()
    this.#body?.close()
    this.#upstream?.cancel()
  }

  #leaveBody(): void {
    this.#body?.leave()
    const { observer, request } = this.#setup
    observer.onBodyLeft(request)
  }

  #clearTimer(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
  }

  /** A client that takes nothing for as long as the upstream might say nothing is cut. */
  #waitForClient(): void {
    const { outbound, response } = this.#setup
    const stalled = () => this.#fail(answerStalled())
    this.#stopTimer = this.#timing.after(outbound.request.timeouts.idleSeconds * 1000, stalled)
    response.once('drain', () => {
      this.#clearTimer()
      this.#upstream?.resume()
    })
  }
}

function afterTurn(exchange: Exchange): void {
  exchange.afterTurn()
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
function isEventStream(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    // Of several lines browsers take the last that they understand: here any of them will do.
    const name = headers[i] ?? ''
    if (name.length !== contentType.length || name.toLowerCase() !== contentType) continue
    if (eventStream.test(headers[i + 1] ?? '')) return true
  }
  return false
}

const contentType = 'content-type'
const eventStream = /^text\/event-stream(?:[\t ;,]|$)/i

function headUnsendable({ request }: Outbound, thrown: unknown): UpstreamFault {
  const place = upstreamPlace(request.app, request.upstream)
  const message = `${place}: the head of its answer cannot be passed on: a status or a header has what none may have`
  return new UpstreamFault('UPSTREAM_RESPONSE_INVALID', message, thrown)
}

function answerStalled(): UpstreamFault {
  return new UpstreamFault('ANSWER_STALLED', 'the client did not read the answer to its end')
}
