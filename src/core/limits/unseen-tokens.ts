import { createFailureCount } from './failures.ts'
import type { ClientNetwork } from './network.ts'
import { limits } from './table.ts'

/** How often a provider is asked of access tokens that nobody here knows: anybody may send those. */
export interface UnseenTokens {
  /**
   * Counts one more, and says how many milliseconds those of the network are refused from now on, this one too; 0: they
   * are not. What a network sends beyond its own number takes nothing from the others. `nowMs` never goes back.
   */
  count(network: ClientNetwork, nowMs: number): number
}

const everybody: ClientNetwork = { key: 'all', hidden: false }

export function createUnseenTokens(): UnseenTokens {
  const counted = { withinMs: limits.unseenTokensMs, networks: limits.unseenTokenNetworks }
  const ofNetwork = createFailureCount({ ...counted, most: limits.unseenTokens })
  const ofAll = createFailureCount({ ...counted, most: limits.unseenTokensInAll })
  return {
    count: (network, nowMs) => {
      const refusedMs = ofNetwork.refusedForMs(network, nowMs) || ofAll.refusedForMs(everybody, nowMs)
      if (refusedMs > 0) return refusedMs
      ofNetwork.failed(network, nowMs)
      ofAll.failed(everybody, nowMs)
      return 0
    },
  }
}
