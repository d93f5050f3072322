import type { BodyRate } from '../../core/gateway.ts'
import { deadlineAfter } from '../../core/request/body-rate.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'

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
  readonly #timing: Timing
  #running = false
  #closed = false
  #stopTimer: (() => void) | null = null
  /** While it runs, a time; while it rests, what is left. */
  #deadlineMs: number
  #lastMs = 0

  constructor(limits: BodyPaceLimits, onSlow: () => void, timing: Timing = systemTiming) {
    this.#limits = limits
    this.#onSlow = onSlow
    this.#timing = timing
    this.#deadlineMs = limits.rate === null ? Number.POSITIVE_INFINITY : limits.rate.graceSeconds * 1000
  }

  start(): void {
    if (this.#running || this.#closed) return
    this.#running = true
    this.#lastMs = this.#timing.nowMs()
    this.#deadlineMs += this.#lastMs
    if (this.#stopTimer === null) this.#arm()
  }

  took(bytes: number): void {
    if (!this.#running) return
    this.#lastMs = this.#timing.nowMs()
    const { rate } = this.#limits
    if (rate !== null) this.#deadlineMs = deadlineAfter(rate, this.#deadlineMs, this.#lastMs, bytes)
  }

  stop(): void {
    if (!this.#running) return
    this.#running = false
    this.#deadlineMs -= this.#timing.nowMs()
  }

  /** For good: nothing is told any more. */
  close(): void {
    this.#closed = true
    this.#stopTimer?.()
  }

  #due(): number {
    return Math.min(this.#deadlineMs, this.#lastMs + this.#limits.idleMs)
  }

  // One timer looks again when it was moved meanwhile: pieces come far more often than it fires.
  #arm(): void {
    this.#stopTimer = this.#timing.after(this.#due() - this.#timing.nowMs(), () => {
      this.#stopTimer = null
      if (!this.#running) return
      if (this.#timing.nowMs() < this.#due()) this.#arm()
      else this.#onSlow()
    })
  }
}
