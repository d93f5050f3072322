import type { BodyRate } from '../../core/gateway.ts'
import { deadlineAfter } from '../../core/request/body-rate.ts'

export interface BodyPaceLimits {
  /** Null: any rate will do. */
  readonly rate: BodyRate | null
  /** How long may pass between two pieces. */
  readonly idleMs: number
}

/**
 * Watches how fast a body comes and tells once when it is too slow. Only the time between `start` and `stop` counts:
 * while nobody asks the client for more, it is not timed.
 */
export class BodyPace {
  readonly #limits: BodyPaceLimits
  readonly #onSlow: () => void
  #running = false
  #timer: NodeJS.Timeout | null = null
  /** While it runs, a time; while it rests, what is left. */
  #deadlineMs: number
  #lastMs = 0

  constructor(limits: BodyPaceLimits, onSlow: () => void) {
    this.#limits = limits
    this.#onSlow = onSlow
    this.#deadlineMs = limits.rate === null ? Number.POSITIVE_INFINITY : limits.rate.graceSeconds * 1000
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    this.#lastMs = performance.now()
    this.#deadlineMs += this.#lastMs
    if (this.#timer === null) this.#arm()
  }

  took(bytes: number): void {
    if (!this.#running) return
    this.#lastMs = performance.now()
    const { rate } = this.#limits
    if (rate !== null) this.#deadlineMs = deadlineAfter(rate, this.#deadlineMs, this.#lastMs, bytes)
  }

  stop(): void {
    if (!this.#running) return
    this.#running = false
    this.#deadlineMs -= performance.now()
  }

  /** For good: nothing is told any more. */
  close(): void {
    this.#running = false
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #due(): number {
    return Math.min(this.#deadlineMs, this.#lastMs + this.#limits.idleMs)
  }

  // One timer looks again when it was moved meanwhile: pieces come far more often than it fires.
  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (!this.#running) return
      if (performance.now() < this.#due()) this.#arm()
      else this.#onSlow()
    }, this.#due() - performance.now()).unref()
  }
}
