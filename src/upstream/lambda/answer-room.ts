import { createHeldBytes, type HeldBounds } from '../../core/limits/held-bytes.ts'
import { type ClientNetwork, mostOf } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'

const usualBounds: HeldBounds = {
  inAll: limits.heldAnswerBytes,
  ofNetwork: limits.heldAnswerBytes / limits.heldAnswersPart,
}

/**
 * How much of functions' answers is held at once, by all exchanges of a process: each is whole before it is passed on, and
 * is held until its client has it. So those who read slowly have a part of it alone, each network its own.
 */
export class AnswerRoom {
  readonly #bounds: HeldBounds
  readonly #bytes = createHeldBytes()

  constructor(bounds = usualBounds) {
    this.#bounds = bounds
  }

  /** False: there is no room, and nothing was taken. */
  take(network: ClientNetwork, bytes: number): boolean {
    return this.#bytes.take(network, bytes, this.#bounds)
  }

  leave(network: ClientNetwork, bytes: number): void {
    this.#bytes.release(network, bytes)
  }

  /** Why there is none; for a log. */
  full(network: ClientNetwork): string {
    const { inAll, ofNetwork } = this.#bounds
    const own = `${this.#bytes.bytesOf(network)} bytes of ${mostOf(ofNetwork, network)} for its client network`
    return `no more answers of functions can be held: held are ${own}, and ${this.held} of ${inAll} in all`
  }

  get held(): number {
    return this.#bytes.bytes()
  }
}
