import { UpstreamFault } from '../core/fault.ts'
import type { UpstreamSettings } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { Timing } from './timing.ts'
import { TlsProbe } from './tls-probe.ts'

/** A request that wants a connection. It hears one of the two, once, unless it leaves the queue. */
export interface Waiter {
  readonly options: ConnectionOptions
  /** Connections to the upstream, of everybody together, with which it may be given one. */
  readonly connectionsAtMost: number
  acquired(connection: Connection): void
  refused(fault: UpstreamFault): void
}

interface QueueEntry {
  readonly waiter: Waiter
  readonly stopTimer: () => void
}

/**
 * The connections to one upstream: those under way, and idle ones for the next request. Their number is bounded over
 * all apps and editions that speak to it; beyond the bound waiters wait in a queue that is served in order.
 */
export class ConnectionPool {
  readonly #timing: Timing
  readonly #probe: TlsProbe
  /** Something answered a request there. */
  #answers = false
  readonly #all = new Set<Connection>()
  /** The one used last is used next: the others grow old and close. */
  readonly #idle: Connection[] = []
  readonly #queue = new Set<QueueEntry>()

  /** How many processes the bound is for. */
  readonly #processes: number

  constructor(timing: Timing, processes = 1) {
    this.#timing = timing
    this.#processes = processes
    this.#probe = new TlsProbe(timing)
  }

  /** Whether what listens there speaks TLS, where nothing has ever answered over http: see TlsProbe. */
  async speaksTls(upstream: UpstreamSettings): Promise<boolean> {
    return !this.#answers && (await this.#probe.speaksTls(upstream))
  }

  get unused(): boolean {
    return this.#all.size === 0 && this.#queue.size === 0
  }

  /** Gives a connection now or later, or refuses; the returned function leaves the queue. */
  acquire(waiter: Waiter): () => void {
    const connection = this.#take(waiter)
    if (connection !== null) {
      waiter.acquired(connection)
      return nothingToLeave
    }
    if (this.#queue.size >= limits.upstreamWaitingRequests) {
      waiter.refused(this.#busy(waiter, `${limits.upstreamWaitingRequests} requests wait for one already`))
      return nothingToLeave
    }
    return this.#enqueue(waiter)
  }

  /** A request ended well. Whether its connection is kept shows within the same turn of the event loop. */
  release(connection: Connection): void {
    connection.busy = false
    this.#answers = true
    if (this.#queue.size === 0) this.#keep(connection)
    else
      process.nextTick(() => {
        this.#keep(connection)
        this.#serve()
      })
  }

  /** A new connection in the place of one that has closed, whoever waits. */
  replace(connection: Connection): Connection {
    const next = this.#create(connection.options)
    connection.busy = false
    connection.end()
    return next
  }

  /** Ends the connections of these options, and refuses whoever waits for one. */
  close(options: ReadonlySet<ConnectionOptions>): void {
    for (const entry of this.#queue) {
      const { waiter } = entry
      if (!options.has(waiter.options)) continue
      this.#leave(entry)
      waiter.refused(new UpstreamFault('UPSTREAM_ABORTED', 'the gateway stops'))
    }
    for (const connection of this.#all) if (options.has(connection.options)) connection.end()
  }

  #enqueue(waiter: Waiter): () => void {
    const expire = (): void => {
      this.#queue.delete(entry)
      waiter.refused(this.#busy(waiter, `none was free within ${limits.upstreamWaitingMs} ms`))
    }
    const entry: QueueEntry = { waiter, stopTimer: this.#timing.after(limits.upstreamWaitingMs, expire) }
    this.#queue.add(entry)
    return () => this.#leave(entry)
  }

  #leave(entry: QueueEntry): void {
    entry.stopTimer()
    this.#queue.delete(entry)
  }

  #serve(): void {
    for (const entry of this.#queue) {
      const connection = this.#take(entry.waiter)
      if (connection === null) continue
      this.#leave(entry)
      entry.waiter.acquired(connection)
    }
  }

  /** An idle connection of the same options, or a new one within the bound. An idle one of others makes room. */
  #take({ options, connectionsAtMost }: Waiter): Connection | null {
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      const idle = this.#idle[i]
      if (idle?.options !== options || !idle.alive) continue
      this.#idle.splice(i, 1)
      return idle
    }
    // Its place is free when it has closed, and whoever waits is served then.
    // The share of this process, of which each has one: a request that nobody may ever send waits in vain.
    const most = Math.max(1, Math.floor(connectionsAtMost / this.#processes))
    if (this.#all.size >= most) this.#idle.shift()?.end()
    return this.#all.size < most ? this.#create(options) : null
  }

  #busy({ connectionsAtMost }: Waiter, why: string): UpstreamFault {
    const shared = this.#processes === 1 ? '' : ` for ${this.#processes} workers together`
    const message = `all connections to it are in use (upstream.max_connections: ${connectionsAtMost}${shared}), and ${why}`
    return new UpstreamFault('UPSTREAM_BUSY', message)
  }

  #keep(connection: Connection): void {
    if (connection.alive) this.#idle.push(connection)
    else connection.end()
  }

  #create(options: ConnectionOptions): Connection {
    const connection = new Connection(options, this.#timing, (closed) => {
      this.#all.delete(closed)
      const at = this.#idle.indexOf(closed)
      if (at !== -1) this.#idle.splice(at, 1)
      this.#serve()
    })
    this.#all.add(connection)
    return connection
  }
}

function nothingToLeave(): void {}
