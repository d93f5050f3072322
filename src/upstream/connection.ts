import { isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { buildConnector, Client, type Dispatcher } from 'undici'
import { readCertificateTime } from '../core/certificate.ts'
import type { Timeouts, UpstreamSettings } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { type Reached, watchReached } from './reached.ts'
import { Sending, type SendingLimits, type SendingListener } from './sending.ts'
import type { Timing } from './timing.ts'
import { readBeyondFailedWrites } from './write-failure.ts'

/** Without a word of the app: less than any server that is known keeps a connection (gunicorn: 2 s). */
const unannouncedKeepAliveMs = 1_000
/** An app that announces a time counts it from another moment than we do; so long before it is over we leave. */
const announcedMarginMs = 1_000

export type Connect = ReturnType<typeof buildConnector>

/** What connections have in common that may take each other's requests: this very object. */
export interface ConnectionOptions {
  readonly upstream: UpstreamSettings
  readonly connectSeconds: number
  /** Null: what the app announces, else a second. */
  readonly keepAliveSeconds: number | null
  readonly connect: Connect
}

/** What was known of a connection when a request was written to it. */
export interface Dispatched {
  readonly atMs: number
  /** Another request had been served on it. */
  readonly reused: boolean
  readonly bytesRead: number
}

/** Hears when the certificate ends that a new connection was made with. */
export type CertificateSeen = (upstream: UpstreamSettings, endsAt: EpochSeconds) => void

/**
 * How connections to an upstream are made. Certificates are verified against the upstream's own name, whatever Host
 * is sent. TLS sessions are resumed between the connections of one connector.
 */
export function createConnect(
  upstream: UpstreamSettings,
  { connectSeconds }: Timeouts,
  onCertificate: CertificateSeen,
): Connect {
  const connect = buildConnector({
    timeout: connectSeconds * 1000,
    rejectUnauthorized: true,
    ...(upstream.socketPath === null ? {} : { socketPath: upstream.socketPath }),
    ...(upstream.ca === null ? {} : { ca: upstream.ca }),
  })
  // An address has no server name (RFC 6066 3); the certificate is then held against the address itself.
  const servername = isIP(upstream.hostname.replace(/^\[|\]$/g, '')) === 0 ? upstream.hostname : undefined
  // undici takes one from the Host header, which is the public one under `preserve_host`: never that, not even for none.
  return ({ servername: _fromHost, ...options }, callback) =>
    connect(
      servername === undefined ? options : { ...options, servername },
      (...[error, socket]: Parameters<typeof callback>) => {
        if (error !== null) return callback(error, null)
        if (socket instanceof TLSSocket) {
          const endsAt = readCertificateTime(socket.getPeerCertificate().valid_to)
          if (endsAt !== null) onCertificate(upstream, endsAt)
        }
        callback(null, socket)
      },
    )
}

/**
 * One connection to an app, for one request at a time: an undici client of its own, as only so it is known of a
 * request whether its connection was used before and whether a byte came back. undici waits a turn of the event loop
 * before it writes to a connection that was used; where that turns out to be closed it dials anew by itself, which is
 * then a first use. It writes no request twice.
 */
export class Connection {
  readonly options: ConnectionOptions
  readonly #client: Client
  readonly #timing: Timing
  readonly #onClosed: (connection: Connection) => void
  /** The last one, open or not. */
  #socket: Socket | null = null
  #open = false
  #dialling = false
  #reached: Reached | null = null
  #ended = false
  #told = false
  /** Requests that were written to the present socket. */
  #requests = 0
  /** A request is under way, and hears from undici how the connection ended; it decides what becomes of it. */
  busy = false

  constructor(options: ConnectionOptions, timing: Timing, onClosed: (connection: Connection) => void) {
    const { upstream, keepAliveSeconds, connect } = options
    this.options = options
    this.#timing = timing
    this.#onClosed = onClosed
    const keepAliveMs = keepAliveSeconds === null ? null : keepAliveSeconds * 1000
    this.#client = new Client(upstream.origin, {
      connect: (dial, callback) => this.#dial(connect, dial, callback),
      maxHeaderSize: limits.upstreamHeaderBytes,
      allowH2: false,
      pipelining: 1,
      // The time-outs come with each request: locations may differ.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs ?? unannouncedKeepAliveMs,
      keepAliveMaxTimeout: keepAliveMs ?? limits.upstreamKeepAliveMs,
      keepAliveTimeoutThreshold: announcedMarginMs,
      strictContentLength: true,
    })
  }

  /** Whether a request could be given to it now. */
  get alive(): boolean {
    return !this.#ended && this.#open && this.#socket?.destroyed === false
  }

  /** How far it came when it was made last; null: nobody has tried to make it. */
  get reached(): Reached | null {
    return this.#reached
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.busy = true
    this.#client.dispatch(options, handler)
  }

  /** A request is being written. Asked at that moment, as what is true of a connection changes until then. */
  dispatched(): Dispatched {
    const reused = this.#requests > 0
    this.#requests += 1
    // Not before: a WebSocket is not read all the time.
    if (!reused && this.#socket !== null) readBeyondFailedWrites(this.#socket)
    return { atMs: this.#timing.nowMs(), reused, bytesRead: this.#socket?.bytesRead ?? 0 }
  }

  /** Watches a body that is being written to it; null when there is no socket to write to. */
  watchSending(limits: SendingLimits, listener: SendingListener): Sending | null {
    return this.#socket === null ? null : new Sending(this.#socket, this.#timing, limits, listener)
  }

  /** Whether nothing came since then, not one byte, and it was so lately. A closed socket still says what it read. */
  silentSince(dispatched: Dispatched, withinMs: number): boolean {
    return (
      this.#socket?.bytesRead === dispatched.bytesRead && this.#timing.nowMs() - dispatched.atMs <= withinMs
    )
  }

  /** Closes it, whatever is under way. `onClosed` hears when nothing is left of it, the socket of a WebSocket included. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    // What it rejects with is of no interest: it is over.
    this.#client.destroy().catch(() => {})
    this.#tell()
  }

  #dial(connect: Connect, ...[options, callback]: Parameters<Connect>): void {
    this.#dialling = true
    const dialled: unknown = connect(options, (...[error, socket]: Parameters<typeof callback>) => {
      this.#dialling = false
      if (error !== null) {
        callback(error, null)
      } else {
        this.#socket = socket
        this.#open = true
        this.#requests = 0
        socket.once('close', () => {
          this.#open = false
          if (!this.busy) this.end()
          this.#tell()
        })
        callback(null, socket)
      }
      this.#tell()
    })
    this.#reached = watchReached(dialled, this.#timing)
  }

  #tell(): void {
    if (!this.#ended || this.#told || this.#dialling || this.#open) return
    this.#told = true
    this.#onClosed(this)
  }
}
