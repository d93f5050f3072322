import { limits } from '../../core/limits/table.ts'

/** How much of functions' answers is held at once, by all exchanges of a process: each is whole before it is passed on. */
export class AnswerRoom {
  readonly #most: number
  #held = 0

  constructor(most: number = limits.heldAnswerBytes) {
    this.#most = most
  }

  /** False: there is no room, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#most) return false
    this.#held += bytes
    return true
  }

  leave(bytes: number): void {
    this.#held -= bytes
  }

  get held(): number {
    return this.#held
  }
}
