/**
 * Work that can rest. At each `yield` one piece is done: a location, an app, as much text. Commands run it through;
 * a gateway that serves gives others the turn between the pieces.
 */
export type Steps<T> = Generator<undefined, T, undefined>

export function runThrough<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

export interface Turns {
  /** A turn ends with the first piece behind this time. */
  readonly turnMs: number
  /** The monotonic clock. */
  readonly nowMs: () => number
  /** Resolves when others had the turn. */
  readonly nextTurn: () => Promise<void>
  /** Aborted: the work is left where it rests. */
  readonly signal: AbortSignal
}

/**
 * Bound by time, as no piece is like another: of a turn that is counted in pieces nobody knows how long it takes.
 * Null when it was left. Rejects with what the work throws.
 */
export async function runByTurns<T>(steps: Steps<T>, turns: Turns): Promise<T | null> {
  let beganMs = turns.nowMs()
  while (!turns.signal.aborted) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (turns.nowMs() - beganMs < turns.turnMs) continue
    await turns.nextTurn()
    beganMs = turns.nowMs()
  }
  return null
}
