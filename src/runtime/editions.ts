import { type SubscriberName, subscriberNames } from './following.ts'
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
  /** One that was made ready and never serves is closed; what it shares with those that live goes on. Never rejects. */
  discard(next: Runtime): void
  /**
   * Tells what outlives a request of each edition that comes into force, in the order of `subscriberNames`. One of a
   * name; a fault of one is reported and keeps no other from being told.
   */
  subscribe(name: SubscriberName, renew: (next: Runtime) => void): void
  /** Who subscribed so far. */
  subscribers(): readonly SubscriberName[]
  /** Closes what is left, in use or not, and the parts that all editions share. */
  close(): Promise<void>
}

export function createEditions(first: Runtime, report: (thrown: unknown) => void): Editions {
  let current: Edition = { runtime: first, inUse: 0 }
  const living = new Set([current])
  const subscribers = new Map<SubscriberName, (next: Runtime) => void>([
    ['renewals', (next) => next.renewals.renew(next)],
    ['sessions', (next) => next.sessions.renew(next)],
    ['keys', (next) => next.keys?.renew(next)],
  ])
  const subscribed = () => subscriberNames.filter((name) => subscribers.has(name))

  async function end(edition: Edition): Promise<void> {
    living.delete(edition)
    await closeParts(edition.runtime)
  }

  /** What no edition that lives has. */
  async function closeParts({ providers, upstreams, renewals }: Runtime): Promise<void> {
    const kept = new Set([...living].flatMap(({ runtime }) => [...runtime.providers.values()]))
    const gone = [...providers.values()].filter((provider) => !kept.has(provider))
    // A new refresh token may be on its way from one of them.
    const asking = gone.length === 0 ? null : renewals.underWay()
    if (asking !== null) await asking
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
      for (const name of subscribed()) {
        try {
          subscribers.get(name)?.(next)
        } catch (thrown) {
          report(thrown)
        }
      }
      endIfDone(former)
    },
    discard: (next) => void closeParts(next).catch(report),
    subscribe: (name, renew) => {
      if (subscribers.has(name)) throw new Error(`there is a subscriber ${name} already`)
      subscribers.set(name, renew)
    },
    subscribers: subscribed,
    close: async () => {
      await current.runtime.renewals.close()
      for (const edition of [...living]) await end(edition)
      current.runtime.sessions.close()
      await current.runtime.keys?.close()
      await current.runtime.requestLimits.close()
      await current.runtime.store.close()
    },
  }
}
