import { limits } from './limits/table.ts'

/**
 * The pieces of a body that is held, put together as they come: a piece may be one byte of a large buffer of somebody else,
 * and would keep all of that. Blocks grow with the body, so that what stands empty is a quarter of it, and a first block,
 * at most.
 */
export class Pieces {
  readonly #first: number
  #blocks: Buffer[] = []
  #last: Buffer = nothing
  /** How much of the last block is filled. */
  #filled = 0
  #bytes = 0

  /** `announced`: how long the whole is said to be; null: nobody said. Nothing is taken for what is only announced. */
  constructor(announced: number | null) {
    this.#first = Math.min(announced ?? limits.heldFirstBlockBytes, limits.heldFirstBlockBytes)
  }

  get bytes(): number {
    return this.#bytes
  }

  add(piece: Buffer): void {
    let from = 0
    while (from < piece.length) {
      if (this.#filled === this.#last.length) this.#begin(piece.length - from)
      const copied = piece.copy(this.#last, this.#filled, from)
      this.#filled += copied
      from += copied
    }
    this.#bytes += piece.length
  }

  /** The whole, in one piece. What it was put together from is gone; a second call gives nothing. */
  take(): Buffer {
    const [only, ...others] = this.#blocks
    const whole =
      only === undefined || others.length === 0
        ? this.#last.subarray(0, this.#filled)
        : Buffer.concat(this.#blocks, this.#bytes)
    this.drop()
    return whole
  }

  drop(): void {
    this.#blocks = []
    this.#last = nothing
    this.#filled = 0
    this.#bytes = 0
  }

  #begin(wanted: number): void {
    const grown = Math.min(Math.floor(this.#bytes / 4), limits.heldBlockBytes)
    this.#last = Buffer.allocUnsafeSlow(Math.max(grown, this.#first, Math.min(wanted, limits.heldBlockBytes)))
    this.#filled = 0
    this.#blocks.push(this.#last)
  }
}

const nothing = Buffer.alloc(0)
