import { limits } from '../../core/limits/table.ts'
import type { Timing } from '../timing.ts'

/**
 * What Lambda still says of an answer of which nobody wants more, as its head has no body, or it is complete: dropped for a
 * moment, so that the connection is there for the next request. `onTooMuch` hears once when it takes too long, or is more than
 * little.
 */
export class RestOfAnswer {
  readonly #onTooMuch: () => void
  readonly #stopTimer: () => void
  #bytes = 0
  #isAwaited = true

  constructor(timing: Timing, onTooMuch: () => void) {
    this.#onTooMuch = onTooMuch
    this.#stopTimer = timing.after(limits.functionRestMs, this.#giveUp)
  }

  get isAwaited(): boolean {
    return this.#isAwaited
  }

  /** False: nothing is waited for any more. */
  dropped(piece: Buffer): boolean {
    if (!this.#isAwaited) return false
    this.#bytes += piece.length
    if (this.#bytes > limits.functionRestBytes) this.#giveUp()
    return true
  }

  /** It is complete, or broke off. */
  stop(): void {
    this.#isAwaited = false
    this.#stopTimer()
  }

  readonly #giveUp = (): void => {
    this.stop()
    this.#onTooMuch()
  }
}
