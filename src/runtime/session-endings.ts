import { limits } from '../core/limits/table.ts'
import type { Awaitable } from '../core/ports.ts'
import type { SessionKey } from '../core/session/session.ts'

/** Sessions that somebody asked to end here, until the store has let them go. */
export interface SessionEndings {
  /** Whether it ends: whatever the store still says of it, it is none. */
  has(key: SessionKey): boolean
  /**
   * Ends a session in the store; true when it was still there. Rejects with a StoreFault when the store does not
   * answer: the session counts as ended here all the same, and the store is asked again until it has done it.
   */
  end(key: SessionKey): Promise<boolean>
  /** Asks again for those that the store did not take. Stops at the first that fails; never rejects. */
  retry(): Promise<void>
  close(): void
}

const retryMs = 1000

/** Bounded: of more than the limit the first are forgotten, and those end when the store forgets them. */
export function createSessionEndings(drop: (key: SessionKey) => Awaitable<boolean>): SessionEndings {
  const ending = new Set<SessionKey>()
  const refused = new Set<SessionKey>()
  let timer: NodeJS.Timeout | undefined
  let retrying = false
  let closed = false

  async function end(key: SessionKey): Promise<boolean> {
    ending.add(key)
    try {
      const dropped = await drop(key)
      refused.delete(key)
      return dropped
    } catch (thrown) {
      keep(key)
      throw thrown
    } finally {
      ending.delete(key)
    }
  }

  function keep(key: SessionKey): void {
    const [first] = refused.size >= limits.refusedSignOuts && !refused.has(key) ? refused : []
    if (first !== undefined) refused.delete(first)
    refused.add(key)
    askAgainSoon()
  }

  function askAgainSoon(): void {
    if (!closed) timer ??= setTimeout(again, retryMs).unref()
  }

  function again(): void {
    timer = undefined
    void retry()
  }

  async function retry(): Promise<void> {
    if (retrying) return
    retrying = true
    try {
      for (const key of [...refused]) {
        await end(key)
        await new Promise((resolve) => setImmediate(resolve)) // Each may wait for the disk: others come in between.
      }
    } catch {
      // Whoever asked was told; the store is asked again.
    } finally {
      retrying = false
      if (refused.size > 0) askAgainSoon() // Those that came meanwhile: a timer that went off then was too early.
    }
  }

  return {
    has: (key) => ending.has(key) || refused.has(key),
    end,
    retry,
    close() {
      closed = true
      refused.clear()
      clearTimeout(timer)
    },
  }
}
