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
  readonly piecesATurn: number
  /** Resolves when others had the turn. */
  readonly nextTurn: () => Promise<void>
  /** Aborted: the work is left where it rests. */
  readonly signal: AbortSignal
}

/** Null when it was left. Rejects with what the work throws. */
export async function runByTurns<T>(steps: Steps<T>, turns: Turns): Promise<T | null> {
  for (let pieces = 1; !turns.signal.aborted; pieces += 1) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (pieces % turns.piecesATurn === 0) await turns.nextTurn()
  }
  return null
}
