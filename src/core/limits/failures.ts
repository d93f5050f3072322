import { type ClientNetwork, mostOf } from './network.ts'

/** Counts what went wrong for each network, so that one that only fails is not served on. */
export interface FailureCount {
  /** How many milliseconds a network is refused from now on; 0: it is not. `nowMs` never goes back. */
  refusedForMs(network: ClientNetwork, nowMs: number): number
  failed(network: ClientNetwork, nowMs: number): void
}

export interface FailureLimits {
  readonly most: number
  readonly withinMs: number
  /** Networks that are counted; of more, the one that began first is forgotten. */
  readonly networks: number
}

interface Count {
  readonly since: number
  failures: number
}

/** A network's time begins with its first failure; when it is over, so is what was counted in it. */
export function createFailureCount(limits: FailureLimits): FailureCount {
  /** In the order in which their time began. */
  const counts = new Map<string, Count>()

  function forget(nowMs: number): void {
    for (const [key, { since }] of counts) {
      if (nowMs - since < limits.withinMs && counts.size < limits.networks) return
      counts.delete(key)
    }
  }

  return {
    refusedForMs: (network, nowMs) => {
      const count = counts.get(network.key)
      if (count === undefined || count.failures < mostOf(limits.most, network)) return 0
      return Math.max(0, count.since + limits.withinMs - nowMs)
    },
    failed: (network, nowMs) => {
      const count = counts.get(network.key)
      if (count !== undefined && nowMs - count.since < limits.withinMs) {
        count.failures += 1
        return
      }
      counts.delete(network.key)
      forget(nowMs)
      counts.set(network.key, { since: nowMs, failures: 1 })
    },
  }
}
