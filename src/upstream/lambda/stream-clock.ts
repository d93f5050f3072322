import type { Timeouts } from '../../core/gateway.ts'
import type { Timing } from '../timing.ts'

/** Which time is over: that for the function's head, or that for the next piece behind it. */
export type StreamStall = 'nothing-answered' | 'nothing-more'

/**
 * Times the answer of a function that streams, from Lambda's own head on, which may come long before the function has said
 * anything. Until the function's head it is the time for an answer that counts, from when the request was gone; then the
 * pauses between two pieces. While it is the client that takes nothing, nothing is timed here.
 */
export class StreamClock {
  readonly #timing: Timing
  readonly #timeouts: Timeouts
  readonly #onStall: (stall: StreamStall) => void
  #sentAtMs: number | null = null
  #part: 'before' | 'waiting' | 'pieces' | 'over' = 'before'
  #stopTimer: (() => void) | null = null

  constructor(timing: Timing, timeouts: Timeouts, onStall: (stall: StreamStall) => void) {
    this.#timing = timing
    this.#timeouts = timeouts
    this.#onStall = onStall
  }

  /** The whole request is gone. */
  sent(): void {
    this.#sentAtMs = this.#timing.nowMs()
  }

  /** Lambda's head came. `isStream`: that of the function comes behind it. */
  answered(isStream: boolean): void {
    if (this.#part !== 'before') return
    if (!isStream) {
      this.began()
      return
    }
    this.#part = 'waiting'
    const now = this.#timing.nowMs()
    const left = this.#timeouts.responseSeconds * 1000 - (now - (this.#sentAtMs ?? now))
    this.#arm(Math.max(0, left), 'nothing-answered')
  }

  /** The function's head came. */
  began(): void {
    if (this.#part === 'over') return
    this.#part = 'pieces'
    this.piece()
  }

  /** Something came, and more is wanted. */
  piece(): void {
    if (this.#part === 'pieces') this.#arm(this.#timeouts.idleSeconds * 1000, 'nothing-more')
  }

  /** The client has enough for now; `piece` goes on. */
  pause(): void {
    if (this.#part === 'pieces') this.#clear()
  }

  stop(): void {
    this.#part = 'over'
    this.#clear()
  }

  #arm(ms: number, stall: StreamStall): void {
    this.#clear()
    this.#stopTimer = this.#timing.after(ms, () => {
      this.stop()
      this.#onStall(stall)
    })
  }

  #clear(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
  }
}
