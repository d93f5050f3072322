import { type ClientNetwork, mostOf } from './network.ts'
import { limits } from './table.ts'

/** How much may be held, in bytes. */
export interface HeldBounds {
  readonly inAll: number
  readonly ofNetwork: number
}

/** Which of the two bounds it is. */
export type HeldBound = 'network' | 'all'

/**
 * Counts bytes that are held, of each client network and of all together. The bounds come with each question, as those of
 * the next edition may be others: what is held by then stays, and there is no more room until it is given back.
 */
export interface HeldBytes {
  /**
   * What this process may hold of `mostBytes`, which it shares with others, and what one network may hold of it. Neither is
   * smaller than the longest body that is allowed: otherwise a client would send again and again what can never be held.
   */
  bounds(mostBytes: number, longestBytes: number): HeldBounds
  /** False: there is no room, and nothing was taken. */
  take(network: ClientNetwork, bytes: number, bounds: HeldBounds): boolean
  /** Gives back what was taken, at once or in parts. */
  release(network: ClientNetwork, bytes: number): void
  /** Counts what there was no room for, and tells whose room is the smaller one. */
  refuse(network: ClientNetwork, bounds: HeldBounds): HeldBound
  /** How often that was, by whose room it was. */
  refusals(): Readonly<Record<HeldBound, number>>
  /** What could be taken now. */
  free(network: ClientNetwork, bounds: HeldBounds): number
  /** All that is held. */
  bytes(): number
  /** What a network holds of it. */
  bytesOf(network: ClientNetwork): number
  /** Networks that hold something; those are all that is remembered. */
  networks(): number
}

/** `processes`: how many share what the configuration allows. */
export function createHeldBytes(processes = 1): HeldBytes {
  const ofNetworks = new Map<string, number>()
  let inAll = 0
  const refusals = { network: 0, all: 0 }
  const ownFree = (network: ClientNetwork, bounds: HeldBounds): number =>
    mostOf(bounds.ofNetwork, network) - (ofNetworks.get(network.key) ?? 0)
  const free = (network: ClientNetwork, bounds: HeldBounds): number =>
    Math.max(0, Math.min(ownFree(network, bounds), bounds.inAll - inAll))
  return {
    bounds(mostBytes, longestBytes) {
      const inAllBytes = Math.max(Math.floor(mostBytes / processes), longestBytes)
      const part = Math.floor(inAllBytes / limits.heldBodiesPart)
      return { inAll: inAllBytes, ofNetwork: Math.max(part, longestBytes) }
    },
    take(network, bytes, bounds) {
      if (bytes > free(network, bounds)) return false
      if (bytes === 0) return true
      ofNetworks.set(network.key, (ofNetworks.get(network.key) ?? 0) + bytes)
      inAll += bytes
      return true
    },
    release({ key }, bytes) {
      const left = (ofNetworks.get(key) ?? 0) - bytes
      if (left > 0) ofNetworks.set(key, left)
      else ofNetworks.delete(key)
      inAll -= bytes
    },
    refuse(network, bounds) {
      const bound = ownFree(network, bounds) <= bounds.inAll - inAll ? 'network' : 'all'
      refusals[bound] += 1
      return bound
    },
    refusals: () => ({ ...refusals }),
    free,
    bytes: () => inAll,
    bytesOf: ({ key }) => ofNetworks.get(key) ?? 0,
    networks: () => ofNetworks.size,
  }
}
