import { type ClientNetwork, mostOf } from './network.ts'

/** Places that are given to networks in turn, so that one that asks without end takes them from nobody else. */
export interface FairQueue {
  /**
   * Waits for a place; what it resolves to gives the place back and is called once. `full`: this one may not wait, or
   * lost its wait to a network that has fewer waiting. `gone`: the signal came first.
   */
  enter(network: ClientNetwork, signal: AbortSignal): Promise<Place>
}

export type Place =
  | { readonly kind: 'taken'; readonly leave: () => void }
  | { readonly kind: 'full' }
  | { readonly kind: 'gone' }

export interface QueueLimits {
  readonly places: number
  readonly waiting: number
  readonly waitingOfNetwork: number
}

interface Wait {
  readonly settle: (place: Place) => void
}

const full: Place = { kind: 'full' }

/** Of each network the one that waited longest comes first; the networks come one after the other. */
export function createFairQueue(limits: QueueLimits): FairQueue {
  /** In the order of turns: a network that had its turn goes to the end. */
  const waiting = new Map<string, Wait[]>()
  let waits = 0
  let taken = 0

  function take(): Place {
    taken += 1
    return { kind: 'taken', leave }
  }

  function leave(): void {
    taken -= 1
    const [turn] = waiting
    if (turn === undefined) return
    const [key, line] = turn
    const first = line.shift()
    waits -= 1
    waiting.delete(key)
    if (line.length > 0) waiting.set(key, line)
    first?.settle(take())
  }

  function forget(key: string, wait: Wait): void {
    const line = waiting.get(key) ?? []
    const at = line.indexOf(wait)
    if (at === -1) return
    line.splice(at, 1)
    waits -= 1
    if (line.length === 0) waiting.delete(key)
  }

  /** Takes the last wait of the network that has most, where that is more than this one would have. */
  function makeRoom(own: number): boolean {
    let longest: { readonly key: string; readonly line: readonly Wait[] } | null = null
    for (const [key, line] of waiting) {
      if (line.length > (longest?.line.length ?? own + 1)) longest = { key, line }
    }
    const last = longest?.line.at(-1)
    if (longest === null || last === undefined) return false
    forget(longest.key, last)
    last.settle(full)
    return true
  }

  return {
    enter: (network, signal) => {
      if (signal.aborted) return Promise.resolve({ kind: 'gone' })
      if (taken < limits.places) return Promise.resolve(take())
      const own = waiting.get(network.key)?.length ?? 0
      if (own >= mostOf(limits.waitingOfNetwork, network)) return Promise.resolve(full)
      if (waits >= limits.waiting && !makeRoom(own)) return Promise.resolve(full)
      return new Promise((resolve) => {
        const leaveLine = (): void => {
          forget(network.key, wait)
          resolve({ kind: 'gone' })
        }
        const wait: Wait = {
          settle: (place) => {
            signal.removeEventListener('abort', leaveLine)
            resolve(place)
          },
        }
        const line = waiting.get(network.key)
        if (line === undefined) waiting.set(network.key, [wait])
        else line.push(wait)
        waits += 1
        signal.addEventListener('abort', leaveLine, { once: true })
      })
    },
  }
}
