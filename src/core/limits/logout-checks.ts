import { createFailureCount } from './failures.ts'
import type { ClientNetwork } from './network.ts'
import { limits } from './table.ts'

/**
 * How often logout tokens are looked at, which anybody may send. Those that are good are never counted: a provider that
 * signs out everybody sends thousands. `nowMs` never goes back.
 */
export interface LogoutChecks {
  /** How many milliseconds tokens of a network are refused from now on; 0: they are not. */
  refusedForMs(network: ClientNetwork, nowMs: number): number
  /** One whose signature was not good, or that had done its work before. */
  failed(network: ClientNetwork, nowMs: number): void
  /**
   * One front-channel logout more, whatever comes of it: how many milliseconds those of the network are refused from now
   * on, this one too; 0: they are not.
   */
  countFrontChannel(network: ClientNetwork, nowMs: number): number
  /** One that found no session: whoever has many addresses fills no store with what such ones leave there. */
  missedFrontChannel(nowMs: number): void
  /** A good one: a flood of bad ones from elsewhere does not keep this network's from being read. */
  proved(network: ClientNetwork, nowMs: number): void
}

const everybody: ClientNetwork = { key: 'all', hidden: false }

/** Failures count for their network, and for all of them together. */
export function createLogoutChecks(): LogoutChecks {
  const counted = { withinMs: limits.failedLogoutsMs, networks: limits.failedLogoutNetworks }
  const ofNetwork = createFailureCount({ ...counted, most: limits.failedLogouts })
  const ofAll = createFailureCount({ ...counted, most: limits.failedLogoutsInAll })
  const frontChannel = createFailureCount({ ...counted, most: limits.frontChannelLogouts })
  const misses = createFailureCount({ ...counted, most: limits.missedFrontChannelLogouts })
  /** When a network sent its last good token, in that order. */
  const proven = new Map<string, number>()

  function isProven({ key }: ClientNetwork, nowMs: number): boolean {
    const at = proven.get(key)
    return at !== undefined && nowMs - at < limits.provenLogoutMs
  }

  return {
    refusedForMs: (network, nowMs) => {
      const ownMs = ofNetwork.refusedForMs(network, nowMs)
      return ownMs > 0 || isProven(network, nowMs) ? ownMs : ofAll.refusedForMs(everybody, nowMs)
    },
    failed: (network, nowMs) => {
      ofNetwork.failed(network, nowMs)
      ofAll.failed(everybody, nowMs)
    },
    countFrontChannel: (network, nowMs) => {
      const ownMs = frontChannel.refusedForMs(network, nowMs)
      if (ownMs > 0) return ownMs
      frontChannel.failed(network, nowMs)
      return misses.refusedForMs(everybody, nowMs)
    },
    missedFrontChannel: (nowMs) => misses.failed(everybody, nowMs),
    proved: ({ key }, nowMs) => {
      proven.delete(key)
      const [first] = proven.size >= limits.provenLogoutNetworks ? proven.keys() : []
      if (first !== undefined) proven.delete(first)
      proven.set(key, nowMs)
    },
  }
}
