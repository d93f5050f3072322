import { limits } from '../core/limits/table.ts'
import type { SpentState, SpentStateStore } from '../core/ports.ts'
import type { EpochSeconds } from '../core/session/session.ts'

interface Entry extends SpentState {
  readonly expiresAt: EpochSeconds
}

/**
 * States that were spent in this process alone. Bounded: of more, those spent first are forgotten, and of what they came
 * to, what was kept first.
 */
export function openMemoryStates(
  most: number = limits.usedStates,
  mostOutcomeBytes: number = limits.keptOutcomeBytes,
): SpentStateStore & {
  /** Forgets what expired by `now`, and outcomes whose time is over. */
  purge(now: EpochSeconds): void
  clear(): void
} {
  const entries = new Map<string, Entry>()
  /** Bytes of what is kept, that which was kept first first. */
  const kept = new Map<string, number>()
  let bytes = 0

  function remove(hash: string): void {
    entries.delete(hash)
    letGo(hash)
  }

  function letGo(hash: string): void {
    bytes -= kept.get(hash) ?? 0
    kept.delete(hash)
  }

  /** The outcome alone goes. Not null: who comes later does not wait for it again. */
  function forgetOutcome(hash: string): void {
    letGo(hash)
    const entry = entries.get(hash)
    if (entry?.outcome) entries.set(hash, { ...entry, outcome: { sealed: '', until: entry.outcome.until } })
  }

  return {
    spend(hash, { at, until }) {
      const known = entries.get(hash)
      if (known !== undefined && at < known.expiresAt) return false
      remove(hash)
      for (const oldest of entries.keys()) {
        if (entries.size < most) break
        remove(oldest)
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
      if (entry === undefined) return
      letGo(hash)
      entries.set(hash, { ...entry, outcome })
      kept.set(hash, outcome.sealed.length)
      bytes += outcome.sealed.length
      for (const oldest of kept.keys()) {
        if (bytes <= mostOutcomeBytes) break
        forgetOutcome(oldest)
      }
    },
    purge(now) {
      for (const [hash, entry] of entries) {
        if (entry.expiresAt <= now) remove(hash)
        else if (entry.outcome !== null && entry.outcome.until <= now) forgetOutcome(hash)
      }
    },
    clear() {
      entries.clear()
      kept.clear()
      bytes = 0
    },
  }
}
