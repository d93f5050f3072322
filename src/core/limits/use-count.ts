import { type ClientNetwork, mostOf } from './network.ts'

/**
 * Counts what networks hold at this moment: connections, and whatever else is taken and given back. What is nobody's but
 * its own, as a session is, counts as a network that is not hidden.
 */
export interface UseCount {
  /** False: the network holds as many as it may; nothing was taken. */
  take(network: ClientNetwork): boolean
  /** Gives back one that was taken. */
  release(network: ClientNetwork): void
  /** Networks that hold something; those are all that is remembered. */
  networks(): number
}

export function createUseCount(most: number): UseCount {
  const held = new Map<string, number>()
  return {
    take: (network) => {
      const count = held.get(network.key) ?? 0
      if (count >= mostOf(most, network)) return false
      held.set(network.key, count + 1)
      return true
    },
    release: ({ key }) => {
      const count = (held.get(key) ?? 0) - 1
      if (count > 0) held.set(key, count)
      else held.delete(key)
    },
    networks: () => held.size,
  }
}
