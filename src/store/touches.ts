import { limits } from '../core/limits/table.ts'
import { type EpochSeconds, lastSeen, type SessionKey } from '../core/session/session.ts'

export interface Touch {
  readonly lastSeenAt: EpochSeconds
  readonly expiresAt: EpochSeconds
}

/** Touches that wait to be written together, off the request path. */
export interface TouchQueue {
  /** Of two touches of one session the later counts, but for one that is further ahead than clocks may differ. */
  add(key: SessionKey, touch: Touch): void
  /** What waits for a key; a load sees it as if it were written. */
  get(key: SessionKey): Touch | undefined
  /** Writes what waits, now. Never throws: a touch that is lost costs a session a minute of its idle time. */
  flush(): void
  close(): void
}

const delayMs = 1000

/** `write` writes all in one transaction; when it throws, the touches are dropped unless `keep` says to try again. */
export function createTouchQueue(
  write: (touches: ReadonlyMap<SessionKey, Touch>) => void,
  keep: (thrown: unknown) => boolean,
): TouchQueue {
  const waiting = new Map<SessionKey, Touch>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (waiting.size === 0) return
    try {
      write(waiting)
      waiting.clear()
    } catch (thrown) {
      if (keep(thrown) && waiting.size < limits.waitingTouches) schedule()
      else waiting.clear()
    }
  }

  function schedule(): void {
    timer ??= setTimeout(flush, delayMs).unref()
  }

  return {
    add(key, touch) {
      const known = waiting.get(key)?.lastSeenAt
      if (known === undefined || lastSeen(known, touch.lastSeenAt) !== known) waiting.set(key, touch)
      if (waiting.size >= limits.waitingTouches) flush()
      else schedule()
    },
    get: (key) => waiting.get(key),
    flush,
    close() {
      flush()
      clearTimeout(timer)
      waiting.clear()
    },
  }
}
