import type { AnswerHead, UpstreamSink } from '../../core/ports.ts'
import { pieceBytes } from '../pieces.ts'
import type { FunctionAnswer } from './answer.ts'

/** An answer that is all there, passed on in pieces and no faster than the client takes it. */
export class WholeAnswer {
  readonly #sink: UpstreamSink
  readonly #done: (thrown: { readonly thrown: unknown } | null) => void
  readonly #head: AnswerHead
  #rest: Buffer
  #isOver = false

  /** `done`: the client has all of it, or its head cannot be written. Not called after `stop`. */
  constructor(
    { head, body }: FunctionAnswer,
    sink: UpstreamSink,
    done: (thrown: { readonly thrown: unknown } | null) => void,
  ) {
    this.#sink = sink
    this.#done = done
    this.#head = head
    this.#rest = body
  }

  start(): void {
    this.#sink.head(this.#head)
    this.passOn()
  }

  /** As far as the client takes it; once more when it wants more. */
  passOn(): void {
    try {
      while (!this.#isOver && this.#rest.length > 0) {
        const piece = this.#rest.subarray(0, pieceBytes)
        this.#rest = this.#rest.subarray(piece.length)
        if (!this.#sink.data(piece)) return
      }
      if (this.#isOver) return
      this.#sink.end()
      this.#finish(null)
    } catch (thrown) {
      // The head is written with the first piece, or with the end.
      this.#finish({ thrown })
    }
  }

  stop(): void {
    this.#isOver = true
  }

  #finish(thrown: { readonly thrown: unknown } | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#done(thrown)
  }
}
