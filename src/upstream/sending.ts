import type { Writable } from 'node:stream'
import type { Timing } from './timing.ts'

export interface SendingLimits {
  /** How long the app may take nothing of a body while there is more. */
  readonly idleMs: number
  /** How long it may take with its answer once the system has the whole body, or all but a small last piece. */
  readonly responseMs: number
}

export interface SendingListener {
  /** The system has all of it: the time for an answer begins. */
  readonly onGone: () => void
  readonly onFault: (fault: SendingFault) => void
}

/** Which of the two it was. */
export type SendingFault = 'nothing-taken' | 'nothing-answered'

/**
 * Times a request body on its way to an app, which may read it as slowly as it likes as long as it reads: the time for
 * an answer begins when the body is gone, not before. While it is the client that is slow nothing is timed here.
 */
export class Sending {
  readonly #socket: Writable
  readonly #timing: Timing
  readonly #limits: SendingLimits
  readonly #listener: SendingListener
  #stopTimer: (() => void) | null = null
  #complete = false
  #over = false

  constructor(socket: Writable, timing: Timing, limits: SendingLimits, listener: SendingListener) {
    this.#socket = socket
    this.#timing = timing
    this.#limits = limits
    this.#listener = listener
    socket.on('drain', this.#drained)
  }

  /** A piece of the body was written. */
  wrote(): void {
    if (this.#socket.writableNeedDrain) this.#waitForDrain()
  }

  /** The last one was. Of what is below the socket's mark no `drain` tells: that counts as gone. */
  wroteAll(): void {
    this.#complete = true
    if (this.#socket.writableNeedDrain) this.#waitForDrain()
    else this.#waitForAnswer()
  }

  /** An answer came, or the exchange is over. */
  stop(): void {
    this.#over = true
    this.#socket.off('drain', this.#drained)
    this.#clear()
  }

  readonly #drained = (): void => {
    this.#clear()
    if (this.#complete) this.#waitForAnswer()
  }

  #waitForDrain(): void {
    if (this.#stopTimer === null) this.#arm(this.#limits.idleMs, 'nothing-taken')
  }

  #waitForAnswer(): void {
    this.#clear()
    if (!this.#over) this.#listener.onGone()
    this.#arm(this.#limits.responseMs, 'nothing-answered')
  }

  #arm(ms: number, fault: SendingFault): void {
    if (this.#over) return
    this.#stopTimer = this.#timing.after(ms, () => {
      this.stop()
      this.#listener.onFault(fault)
    })
  }

  #clear(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
  }
}
