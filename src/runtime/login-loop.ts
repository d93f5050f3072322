import type { EpochSeconds } from '../core/session.ts'

/**
 * Tells when a browser goes round in circles: sign-in after sign-in of one person at one origin without ever
 * arriving, because its session cookie does not stay. Counted on the server, as that browser keeps nothing.
 */
export interface LoginLoop {
  /** Notes a completed sign-in; true when there were too many within the window. */
  noteLogin(origin: string, user: string, now: EpochSeconds): boolean
}

const windowSeconds = 30
const tooMany = 12
const capacity = 10_000

export function createLoginLoop(): LoginLoop {
  const runs = new Map<string, { readonly since: EpochSeconds; count: number }>()
  return {
    noteLogin: (origin, user, now) => {
      const key = `${origin} ${user}`
      const run = runs.get(key)
      if (run !== undefined && now - run.since < windowSeconds) {
        run.count += 1
        return run.count > tooMany
      }
      if (runs.size >= capacity) runs.clear()
      runs.set(key, { since: now, count: 1 })
      return false
    },
  }
}
