import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { BodyRate } from '../../core/gateway.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import { createUseCount } from '../../core/limits/use-count.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { BodyPace } from '../proxy/body-pace.ts'

/** Of whom the body is, and how slow it may be. */
export interface BodyLeft {
  readonly network: ClientNetwork
  readonly rate: BodyRate | null
}

/**
 * Connections on which a client still sends a body that nobody takes any more. Closed at once, with bytes in the
 * kernel that were not read, TCP would reset them, and the answer would be lost on its way (RFC 9112 section 9.6).
 */
export interface LingeringCloses {
  /**
   * From now on the rest of the body is read and dropped, within the limits; when the answer has been written, which
   * must say `Connection: close`, the gateway's side is closed and the client's waited for. Beyond the limits, and
   * where too many of the network linger, the connection is closed with the answer.
   */
  dropRest(request: IncomingMessage, left: BodyLeft): void
}

export function createLingeringCloses(timing: Timing = systemTiming): LingeringCloses {
  const open = createUseCount(limits.droppedBodies)
  const lingering = new WeakSet<Socket>()

  return {
    dropRest(request, { network, rate }) {
      const { socket } = request
      if (request.complete || socket.destroyed || lingering.has(socket) || !open.take(network)) return
      lingering.add(socket)
      const drop = new BodyDrop(request, rate, timing)
      socket.once('close', () => {
        drop.close()
        open.release(network)
      })
    },
  }
}

/** One body on its way to nowhere. */
class BodyDrop {
  readonly #request: IncomingMessage
  readonly #socket: Socket
  readonly #pace: BodyPace
  readonly #stopTimer: () => void
  #bytes = 0
  #answered = false
  #spent = false

  constructor(request: IncomingMessage, rate: BodyRate | null, timing: Timing) {
    this.#request = request
    this.#socket = request.socket
    this.#pace = new BodyPace({ rate, idleMs: limits.droppedBodyMs }, this.#stop, timing)
    this.#stopTimer = timing.after(limits.droppedBodyMs, this.#stop)
    // What node:http calls when the last answer of a connection has been written.
    this.#socket.destroySoon = () => this.#afterAnswer()
    this.#pace.start()
    request.on('data', this.#take)
    request.once('end', () => {
      if (this.#answered) this.#closeNow()
    })
    // From the next tick on it is read here; node:http drops by itself, and counts nothing, what nobody reads by the
    // time when the answer has gone out.
    request.resume()
  }

  close(): void {
    this.#stopTimer()
    this.#pace.close()
  }

  readonly #take = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    this.#pace.took(chunk.length)
    if (this.#bytes > limits.droppedBodyBytes) this.#stop()
  }

  /** No more is read. An answer that is still being written may go on; the connection ends with it. */
  readonly #stop = (): void => {
    this.#spent = true
    this.close()
    this.#request.off('data', this.#take).pause()
    if (this.#answered) this.#socket.destroy()
  }

  #afterAnswer(): void {
    this.#answered = true
    if (this.#spent || this.#request.complete) this.#closeNow()
    else this.#socket.end()
  }

  #closeNow(): void {
    Socket.prototype.destroySoon.call(this.#socket)
  }
}
