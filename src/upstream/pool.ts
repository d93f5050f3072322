import { UpstreamFault } from '../core/fault.ts'
import { limits } from '../core/limits/table.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { Timing } from './timing.ts'

/** Who asks for a connection. It hears one of the two, once, unless it leaves. */
export interface Applicant {
  readonly options: ConnectionOptions
  /** Connections to the upstream, of everybody together, with which it may be given one. */
  readonly connectionsAtMost: number
  granted(connection: Connection): void
  refused(fault: UpstreamFault): void
}

interface Waiting {
  readonly applicant: Applicant
  readonly stopTimer: () => void
}

/**
 * The connections to one upstream: those under way, and idle ones for the next request. Their number is bounded over
 * all apps and editions that speak to it; beyond the bound applicants wait in a line that is served in order.
 */
export class ConnectionPool {
  readonly #timing: Timing
  readonly #all = new Set<Connection>()
  /** The one used last is used next: the others grow old and close. */
  readonly #idle: Connection[] = []
  readonly #waiting = new Set<Waiting>()

  constructor(timing: Timing) {
    this.#timing = timing
  }

  get unused(): boolean {
    return this.#all.size === 0 && this.#waiting.size === 0
  }

  /** Grants a connection now or later, or refuses; the returned function leaves the line. */
  apply(applicant: Applicant): () => void {
    const connection = this.#take(applicant)
    if (connection !== null) {
      applicant.granted(connection)
      return leaveNothing
    }
    if (this.#waiting.size >= limits.upstreamWaitingRequests) {
      applicant.refused(busy(applicant, `${limits.upstreamWaitingRequests} requests wait for one already`))
      return leaveNothing
    }
    return this.#enqueue(applicant)
  }

  /** A request ended well. Whether its connection is kept shows within the same turn of the event loop. */
  release(connection: Connection): void {
    connection.busy = false
    if (this.#waiting.size === 0) this.#keep(connection)
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
    for (const waiting of this.#waiting) {
      const { applicant } = waiting
      if (!options.has(applicant.options)) continue
      this.#leave(waiting)
      applicant.refused(new UpstreamFault('UPSTREAM_ABORTED', 'the gateway stops'))
    }
    for (const connection of this.#all) if (options.has(connection.options)) connection.end()
  }

  #enqueue(applicant: Applicant): () => void {
    const expire = (): void => {
      this.#waiting.delete(waiting)
      applicant.refused(busy(applicant, `none was free within ${limits.upstreamWaitingMs} ms`))
    }
    const waiting: Waiting = { applicant, stopTimer: this.#timing.after(limits.upstreamWaitingMs, expire) }
    this.#waiting.add(waiting)
    return () => this.#leave(waiting)
  }

  #leave(waiting: Waiting): void {
    waiting.stopTimer()
    this.#waiting.delete(waiting)
  }

  #serve(): void {
    for (const waiting of this.#waiting) {
      const connection = this.#take(waiting.applicant)
      if (connection === null) continue
      this.#leave(waiting)
      waiting.applicant.granted(connection)
    }
  }

  /** An idle connection of the same options, or a new one within the bound. An idle one of others makes room. */
  #take({ options, connectionsAtMost }: Applicant): Connection | null {
    const at = this.#idle.findLastIndex((idle) => idle.options === options && idle.alive)
    const [found] = at === -1 ? [] : this.#idle.splice(at, 1)
    if (found !== undefined) return found
    // Its place is free when it has closed, and whoever waits is served then.
    if (this.#all.size >= connectionsAtMost) this.#idle.shift()?.end()
    return this.#all.size < connectionsAtMost ? this.#create(options) : null
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

function leaveNothing(): void {}

function busy({ connectionsAtMost }: Applicant, why: string): UpstreamFault {
  const message = `all connections to the upstream are in use (upstream.max_connections: ${connectionsAtMost}), and ${why}`
  return new UpstreamFault('UPSTREAM_BUSY', message)
}
