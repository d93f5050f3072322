import type { Forwarding, Timeouts, UpstreamSettings } from './gateway.ts'
import type { ClientNetwork } from './limits/network.ts'
import type { Principal } from './principal.ts'

/** The apps, spoken to. */
export interface Upstreams {
  /**
   * Sends one request, once; a second time only a GET, HEAD or OPTIONS without a body, over a new connection, when the
   * app closed one that it had kept idle (RFC 9110 9.2.2). Where the upstream has all the connections that it may
   * have, the request waits for one. What comes back goes to the sink; never throws.
   */
  request(request: UpstreamRequest, sink: UpstreamSink): UpstreamExchange
  /**
   * Opens a WebSocket by a handshake with a key of our own. Open only after the upstream said 101 and its accept key
   * was checked. Rejects with an `UpstreamFault`, at once when the signal aborts: then nothing of it is left.
   */
  upgrade(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamUpgrade>
  /**
   * The bytes of header lines that a request to an upstream gets here beside its own: those of the signature, the session
   * token among them. The most that is usual, as long as there are no credentials; 0 where nothing is signed.
   */
  headerBytes(upstream: UpstreamSettings): number
  /** Fetches in the background what requests to these would wait for. Never throws. */
  prepare(upstreams: readonly UpstreamSettings[]): void
  /** Those of the next edition: connections of its own, within the same bounds. */
  renew(): Upstreams
  /** Ends every connection of this edition. */
  close(): void
}

/** The head of an answer, as received. */
export interface AnswerHead {
  readonly statusCode: number
  /** Latin-1, a character a byte; null: one that cannot be told. */
  readonly reasonPhrase: string | null
  /** Name, value, name, value … */
  readonly headers: readonly string[]
}

/** Where an answer goes: `head`, `data` any number of times, `end`; or `failed` at any point, and then nothing. */
export interface UpstreamSink {
  /** The system has the whole of a request with a body: the time for an answer begins. Absent: nobody wants to know. */
  sent?(): void
  head(head: AnswerHead): void
  /** False: no more before `resume`. */
  data(chunk: Buffer): boolean
  end(): void
  /** A fault of ours (core/fault); before `head` it can still become an answer. */
  failed(fault: Error): void
}

/** The hold on a request under way. */
export interface UpstreamExchange {
  /** More data may come. */
  resume(): void
  /** Ends it at once and closes its connection; the sink hears nothing more. */
  cancel(): void
}

export interface UpstreamRequest {
  /** Whose it is, for the words of a fault. */
  readonly app: string
  readonly upstream: UpstreamSettings
  readonly timeouts: Timeouts
  readonly method: string
  /** Path and query as they go on the wire: the base path, then the target's own bytes. */
  readonly path: string
  /** Name, value, name, value … as they go on the wire, Host included. */
  readonly headers: readonly string[]
  /**
   * A stream never ends in an error: whoever gives it cancels the exchange when something is wrong with it. It is
   * never a stream where the upstream takes whole bodies (`takesWholeBodies`).
   */
  readonly body: import('node:stream').Readable | Buffer | null
  /** False: whoever asks times the pauses of the answer. Absent: `timeouts.idle` ends it. */
  readonly pausesAreTimed?: boolean
  /** What is known of who asks, for upstreams that are told so otherwise than by headers. */
  readonly caller: UpstreamCaller
}

/** Of the admission, never of the client's words. */
export interface UpstreamCaller {
  readonly requestId: string
  /** In text; null when nobody who is believed said one. */
  readonly clientAddress: string | null
  /** Whose use is counted together. */
  readonly network: ClientNetwork
  /** Whom the app is told about; null for nobody. */
  readonly principal: Principal | null
  /** Which claims it is told. */
  readonly forwarding: Forwarding
}

/** The upstream's answer to an upgrade: a tunnel, or a refusal with its status. */
export type UpstreamUpgrade =
  | ({ readonly kind: 'open' } & UpstreamSocket)
  /** Answered with anything but 101. Null: a body that is longer than a refusal's may be, or broke off. */
  | { readonly kind: 'refused'; readonly head: AnswerHead; readonly body: Buffer | null }

export interface UpstreamSocket {
  /** What the upstream sent behind its 101 is still in it. */
  readonly socket: import('node:stream').Duplex
  /** Of the 101, name, value, name, value … */
  readonly headers: readonly string[]
}
