// Waiting for what another process or the other end of a socket does: until a deadline, and then in words. No test
// measures by it: it is far longer than anything takes on a machine that is eight times slower. What did not come is
// thrown under a name of its own: it is no program that fell over.

import { setImmediate, setTimeout } from 'node:timers/promises'

/** The mutants bring less: they know how long the whole test takes. */
export const patienceMs = Number(process.env.TEST_PATIENCE_MS ?? 60_000)

export interface Wait<T> {
  /** What is waited for, to go on after "waited for". */
  readonly what: string
  /** What came, or undefined as long as nothing did; what it throws ends the wait. */
  look(): T | undefined
  /** What there was to see last, for the message. */
  seen(): unknown
  readonly withinMs?: number
}

/** A wait that is told when to look again. */
export interface Waits {
  until<T>(wait: Wait<T>): Promise<T>
  /** Something came: everyone who waits looks again. */
  wake(): void
}

export function createWaits(): Waits {
  const looking = new Set<() => void>()
  return {
    until: ({ what, look, seen, withinMs = patienceMs }) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          clearTimeout(timer)
          looking.delete(check)
          settle()
        }
        const check = (): void => {
          try {
            const found = look()
            if (found !== undefined) end(() => resolve(found))
          } catch (error) {
            end(() => reject(error))
          }
        }
        const timer = globalThis.setTimeout(
          () => end(() => reject(inVain(lateText(what, seen(), withinMs)))),
          withinMs,
        )
        looking.add(check)
        check()
      }),
    wake: () => {
      for (const check of [...looking]) check()
    },
  }
}

/**
 * Asks again and again, at first at every turn, then with a little air between, until the answer holds. For what
 * another process shows and no line tells.
 */
export async function poll<T>(
  what: string,
  ask: () => T | Promise<T>,
  holds: (answer: T) => boolean,
  withinMs = patienceMs,
): Promise<T> {
  const end = performance.now() + withinMs
  for (let asked = 1; ; asked += 1) {
    const answer = await ask()
    if (holds(answer)) return answer
    if (performance.now() > end) throw inVain(lateText(what, answer, withinMs))
    await (asked < 20 ? setImmediate() : setTimeout(25))
  }
}

/** What a promise comes to; or, when it does not in time, that in words: an assertion then says so. */
export async function outcomeOf<T>(promise: Promise<T>, withinMs = patienceMs): Promise<T | 'nothing came'> {
  const late = new AbortController()
  const nothing = setTimeout(withinMs, 'nothing came' as const, { signal: late.signal })
  try {
    return await Promise.race([promise, nothing])
  } finally {
    nothing.catch(() => {})
    late.abort()
  }
}

/** What was waited for did not come, and what did instead. */
export function inVain(message: string): Error {
  return Object.assign(new Error(message), { name: 'WaitedInVain' })
}

function lateText(what: string, seen: unknown, withinMs: number): string {
  const shown = typeof seen === 'string' ? seen : JSON.stringify(seen)
  const last = shown !== undefined && shown.length > 4000 ? `… ${shown.slice(-4000)}` : shown
  return `waited ${withinMs / 1000} s for ${what}; seen last: ${last}`
}
