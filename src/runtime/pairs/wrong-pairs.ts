import { limits } from '../../core/limits/table.ts'

/** Pairs that were wrong a moment ago, by a keyed hash; apart from right ones, so that guesses push out none of those. */
export interface WrongPairs {
  /** Why; null: it is not known. */
  find(hash: string, nowMs: number): string | null
  keep(hash: string, detail: string, nowMs: number): void
}

interface Wrong {
  readonly detail: string
  readonly untilMs: number
}

export function createWrongPairs(): WrongPairs {
  /** In the order in which they came, which is that of their ends. */
  const wrong = new Map<string, Wrong>()
  return {
    find: (hash, nowMs) => {
      const found = wrong.get(hash)
      return found !== undefined && nowMs < found.untilMs ? found.detail : null
    },
    keep: (hash, detail, nowMs) => {
      wrong.delete(hash)
      for (const [first, { untilMs }] of wrong) {
        if (nowMs < untilMs && wrong.size < limits.wrongPairs) break
        wrong.delete(first)
      }
      wrong.set(hash, { detail, untilMs: nowMs + limits.wrongPairMs })
    },
  }
}
