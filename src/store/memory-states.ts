import { limits } from '../core/limits/table.ts'
import type { SpentState, SpentStateStore } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'

interface Entry extends SpentState {
  readonly expiresAt: EpochSeconds
}

/** States that were spent in this process alone. Bounded: of more, those spent first are forgotten. */
export function openMemoryStates(most: number = limits.usedStates): SpentStateStore & {
  /** Forgets what expired by `now`, and outcomes whose time is over. */
  purge(now: EpochSeconds): void
  clear(): void
} {
  const entries = new Map<string, Entry>()
  return {
    spend(hash, { at, until }) {
      const known = entries.get(hash)
      if (known !== undefined && at < known.expiresAt) return false
      entries.delete(hash)
      for (const oldest of entries.keys()) {
        if (entries.size < most) break
        entries.delete(oldest)
      }
      entries.set(hash, { at, outcome: null, expiresAt: until })
      return true
    },
    spent(hash) {
      const entry = entries.get(hash)
      return entry === undefined ? null : { at: entry.at, outcome: entry.outcome }
    },
    keepOutcome(hash, outcome) {
      const entry = entries.get(hash)
      if (entry !== undefined) entries.set(hash, { ...entry, outcome })
    },
    purge(now) {
      for (const [hash, entry] of entries) {
        if (entry.expiresAt <= now) entries.delete(hash)
        // Not null: who comes later does not wait for it again.
        else if (entry.outcome !== null && entry.outcome.until <= now) {
          entries.set(hash, { ...entry, outcome: { sealed: '', until: entry.outcome.until } })
        }
      }
    },
    clear: () => entries.clear(),
  }
}
