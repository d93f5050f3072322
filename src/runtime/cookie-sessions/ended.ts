import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds, SessionKey } from '../../core/session/session.ts'

/** Sessions that ended in this process and that no store could forget: a copy of their cookie is refused here. */
export interface EndedSessions {
  has(key: SessionKey): boolean
  /** True when it had not ended yet. `until`: when it would be over anyway. */
  add(key: SessionKey, until: EpochSeconds): boolean
  /** Forgets those that are over. */
  purge(now: EpochSeconds): void
}

/** Bounded: of more, those that ended first are forgotten. */
export function createEndedSessions(most: number = limits.endedSessions): EndedSessions {
  const ended = new Map<SessionKey, EpochSeconds>()
  return {
    has: (key) => ended.has(key),
    add(key, until) {
      if (ended.has(key)) return false
      const [first] = ended.size >= most ? ended.keys() : []
      if (first !== undefined) ended.delete(first)
      ended.set(key, until)
      return true
    },
    purge(now) {
      for (const [key, until] of ended) if (until <= now) ended.delete(key)
    },
  }
}
