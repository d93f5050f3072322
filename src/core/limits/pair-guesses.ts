import { type ClientNetwork, mostOf } from './network.ts'
import { limits } from './table.ts'

/** How often a network may be wrong about one id of a provider. Counted before it is asked: many at once are no way round. */
export interface PairGuesses {
  /** Counts one more, and says for how many milliseconds they are refused from now on; 0: it may be asked of. */
  begin(network: ClientNetwork, id: string, nowMs: number): number
  /** The same, and counts nothing. */
  refusedForMs(network: ClientNetwork, id: string, nowMs: number): number
  /** It was right, or nobody could tell: it counts no more. */
  takeBack(network: ClientNetwork, id: string): void
}

interface Count {
  readonly since: number
  guesses: number
}

/** `id` is what stands for it; its time begins with the first. Of more than are counted the oldest go. */
export function createPairGuesses(): PairGuesses {
  /** In the order in which their time began. */
  const counts = new Map<string, Count>()
  const nameOf = (network: ClientNetwork, id: string) => `${network.key} ${id}`

  function forget(nowMs: number): void {
    for (const [name, { since }] of counts) {
      if (nowMs - since < limits.guessedPairsMs && counts.size < limits.guessedPairIds) return
      counts.delete(name)
    }
  }

  function refusedForMs(network: ClientNetwork, id: string, nowMs: number): number {
    const count = counts.get(nameOf(network, id))
    if (count === undefined || count.guesses < mostOf(limits.guessedPairs, network)) return 0
    return Math.max(0, count.since + limits.guessedPairsMs - nowMs)
  }

  return {
    refusedForMs,
    begin: (network, id, nowMs) => {
      const refusedMs = refusedForMs(network, id, nowMs)
      if (refusedMs > 0) return refusedMs
      const name = nameOf(network, id)
      const count = counts.get(name)
      if (count !== undefined && nowMs - count.since < limits.guessedPairsMs) {
        count.guesses += 1
        return 0
      }
      counts.delete(name)
      forget(nowMs)
      counts.set(name, { since: nowMs, guesses: 1 })
      return 0
    },
    takeBack: (network, id) => {
      const count = counts.get(nameOf(network, id))
      if (count !== undefined) count.guesses -= 1
    },
  }
}
