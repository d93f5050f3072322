import type { Runtime } from './runtime.ts'

/** One edition in use. Whoever entered it leaves it, once. */
export interface Edition {
  readonly runtime: Runtime
  /** Requests and WebSockets that entered and have not left. */
  inUse: number
}

/** The edition in force, and those before it that still have work to finish. */
export interface Editions {
  current(): Runtime
  /** For one request from its first byte to its last, which is judged and served by one edition. */
  enter(): Edition
  leave(edition: Edition): void
  /** From now on the next one serves. The former closes when the last request has left it. */
  swap(next: Runtime): void
  /** Calls the listener after each swap, with the edition now in force. */
  onSwap(listener: (next: Runtime) => void): void
  /** Closes what is left, in use or not, and the parts that all editions share. */
  close(): Promise<void>
}

export function createEditions(first: Runtime, report: (thrown: unknown) => void): Editions {
  let current: Edition = { runtime: first, inUse: 0 }
  const living = new Set([current])
  const listeners = new Set<(next: Runtime) => void>()

  async function end(edition: Edition): Promise<void> {
    living.delete(edition)
    const kept = new Set([...living].flatMap(({ runtime }) => [...runtime.providers.values()]))
    const { providers, upstreams } = edition.runtime
    const gone = [...providers.values()].filter((provider) => !kept.has(provider))
    await Promise.all([upstreams.close(), ...gone.map((provider) => provider.close())])
  }

  const endIfDone = (edition: Edition): void => {
    if (edition !== current && edition.inUse === 0 && living.has(edition)) end(edition).catch(report)
  }

  return {
    current: () => current.runtime,
    enter: () => {
      current.inUse += 1
      return current
    },
    leave: (edition) => {
      edition.inUse -= 1
      endIfDone(edition)
    },
    swap: (next) => {
      const former = current
      current = { runtime: next, inUse: 0 }
      living.add(current)
      next.sessions.renew(next)
      for (const listener of listeners) listener(next)
      endIfDone(former)
    },
    onSwap: (listener) => {
      listeners.add(listener)
    },
    close: async () => {
      for (const edition of [...living]) await end(edition)
      current.runtime.sessions.close()
      await current.runtime.store.close()
    },
  }
}
