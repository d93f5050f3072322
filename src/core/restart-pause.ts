import { limits } from './limits/table.ts'

/** What is known of the former ends of one worker. */
export interface Restarts {
  /** Ends in a row, each soon after its start. */
  readonly quickEnds: number
}

export const noRestarts: Restarts = { quickEnds: 0 }

const firstPauseMs = 1_000

/**
 * How long to wait before a worker that has ended is replaced, and what to remember for its next end: the first time not
 * at all, then one second, two, four, up to the bound. Whoever lived for a while before counts as the first again.
 */
export function pauseBeforeRestart(
  { quickEnds }: Restarts,
  livedMs: number,
): { readonly pauseMs: number; readonly next: Restarts } {
  if (livedMs >= limits.workerSettledMs || quickEnds === 0) return { pauseMs: 0, next: { quickEnds: 1 } }
  const pauseMs = Math.min(limits.workerPauseMs, firstPauseMs * 2 ** (quickEnds - 1))
  return { pauseMs, next: { quickEnds: quickEnds + 1 } }
}
