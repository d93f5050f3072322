import type { OnStep } from '../core/step.ts'
import type { Io } from './command.ts'

export interface Progress {
  readonly step: OnStep
  /** Takes the line off a terminal. To be called before anything else is printed. */
  end(): void
}

/** Before that nobody wonders. */
const silentMs = 2_000
/** On a terminal the line is written over; elsewhere each stays, in somebody's file. */
const everyMs = { terminal: 250, elsewhere: 30_000 } as const

/**
 * Tells on standard error how far a command has come, once it takes longer than two seconds: in one line on a terminal,
 * elsewhere by a line at long intervals. `told` makes the sentence.
 */
export function openProgress(
  told: (done: number, total: number | null) => string,
  { stderr, isTerminal, nowMs = () => performance.now() }: Pick<Io, 'stderr' | 'isTerminal' | 'nowMs'>,
): Progress {
  const onTerminal = isTerminal?.stderr === true
  const interval = onTerminal ? everyMs.terminal : everyMs.elsewhere
  let next = nowMs() + Math.max(silentMs, onTerminal ? 0 : interval)
  let isShown = false
  return {
    step: (done, total) => {
      const now = nowMs()
      if (now < next) return
      next = now + interval
      isShown = onTerminal
      stderr(onTerminal ? `${eraseLine}${told(done, total)}` : `${told(done, total)}\n`)
    },
    end: () => {
      if (isShown) stderr(eraseLine)
      isShown = false
    },
  }
}

/** ECMA-48 section 8.3.41, Erase In Line, from its beginning. */
const eraseLine = '\r\u001b[K'

/** `120 of 480 changes`, or `120 lines` where the end is not known. */
export function countedOf(done: number, total: number | null, noun: string): string {
  return total === null ? `${done} ${noun}` : `${done} of ${total} ${noun}`
}
