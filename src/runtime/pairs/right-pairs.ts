import type { ClientNetwork } from '../../core/limits/network.ts'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** Pairs that were right within a day, by a keyed hash, and from where. */
export interface RightPairs {
  wasRight(hash: string, now: EpochSeconds): boolean
  /** From this network: whoever guesses elsewhere and comes upon it is no owner. */
  wasRightFrom(hash: string, network: ClientNetwork, now: EpochSeconds): boolean
  /** The provider said so, or its token was used. */
  note(hash: string, network: ClientNetwork, now: EpochSeconds): void
  /** It is wrong now. */
  forget(hash: string): void
}

/** Not written anew with each request. */
const noteEverySeconds = 60

export function createRightPairs(): RightPairs {
  /** Each in the order in which it was noted last. */
  const right = new Map<string, EpochSeconds>()
  const rightFrom = new Map<string, EpochSeconds>()
  const placeOf = (hash: string, { key }: ClientNetwork) => `${hash} ${key}`

  function remember(map: Map<string, EpochSeconds>, name: string, most: number, now: EpochSeconds): void {
    const before = map.get(name)
    if (before !== undefined && now - before < noteEverySeconds) return
    map.delete(name)
    map.set(name, now)
    for (const [first, at] of map) {
      if (map.size <= most && isWithinDay(at, now)) return
      map.delete(first)
    }
  }

  return {
    wasRight: (hash, now) => isWithinDay(right.get(hash), now),
    wasRightFrom: (hash, network, now) =>
      isWithinDay(right.get(hash), now) && isWithinDay(rightFrom.get(placeOf(hash, network)), now),
    note: (hash, network, now) => {
      remember(right, hash, limits.rightPairs, now)
      remember(rightFrom, placeOf(hash, network), limits.rightPairNetworks, now)
    },
    forget: (hash) => void right.delete(hash),
  }
}

function isWithinDay(at: EpochSeconds | undefined, now: EpochSeconds): boolean {
  return at !== undefined && now - at < limits.rightPairSeconds
}
