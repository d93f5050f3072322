import { StoreFault } from '../../core/fault.ts'
import type { Command } from './client.ts'
import { toStoreFault } from './fault.ts'
import { numberOf, textOf } from './reply.ts'
import type { Confirming, Servers } from './servers.ts'

/** Waits until what ended sessions has reached a replica, so that a failover does not bring them back. */
export interface Confirmation {
  /**
   * Settles when a replica has what was written before under this key, where there are replicas; after about a second
   * when none has: then `report` hears of it. Never rejects.
   */
  confirm(key: string): Promise<void>
}

const waitMs = 1000

/** WAIT itself takes so long; it is given some more to come back. */
const withinMs = waitMs + 500

interface Batch {
  key: string
  readonly done: Promise<void>
}

/**
 * One WAIT at a time for each server, for all who came meanwhile. It goes by the writes of its own connection
 * (Redis: WAIT), so it writes there once more: the replica that has this write has all that came before it.
 */
export function createConfirmation(
  servers: Pick<Servers, 'confirming'>,
  { markMs, report }: { readonly markMs: () => number; readonly report: (thrown: unknown) => void },
): Confirmation {
  const running = new Map<string, Promise<void>>()
  const waiting = new Map<string, Batch>()

  async function confirm(key: string): Promise<void> {
    try {
      const at = servers.confirming(key)
      await join(at, key)
    } catch (thrown) {
      report(unconfirmed('redis', 'it cannot be asked', toStoreFault(thrown)))
    }
  }

  function join(at: Confirming, key: string): Promise<void> {
    const current = running.get(at.place)
    if (current === undefined) return run(at, key)
    const batch = waiting.get(at.place)
    if (batch !== undefined) {
      batch.key = key
      return batch.done
    }
    const next: Batch = {
      key,
      done: current.then(() => {
        waiting.delete(at.place)
        return run(at, next.key)
      }),
    }
    waiting.set(at.place, next)
    return next.done
  }

  function run(at: Confirming, key: string): Promise<void> {
    const asked = ask(at, key).finally(() => {
      if (running.get(at.place) === asked) running.delete(at.place)
    })
    running.set(at.place, asked)
    return asked
  }

  async function ask(at: Confirming, key: string): Promise<void> {
    try {
      const [info] = await at.send([['INFO', 'replication']], waitMs)
      const replicas = Number(/^connected_slaves:(\d+)/m.exec(textOf(info) ?? '')?.[1] ?? 0)
      if (replicas === 0) {
        if (at.replicated) report(unconfirmed(at.place, 'no replica is connected', null))
        return
      }
      const write: Command = ['PEXPIRE', key, String(markMs())]
      const [, confirmed] = await at.send([write, ['WAIT', '1', String(waitMs)]], withinMs)
      if (numberOf(confirmed) < 1) report(unconfirmed(at.place, 'no replica answered within a second', null))
    } catch (thrown) {
      report(unconfirmed(at.place, 'it cannot be asked', toStoreFault(thrown)))
    }
  }

  return { confirm }
}

function unconfirmed(place: string, why: string, cause: StoreFault | null): StoreFault {
  const message = `the session store redis ${place} ended sessions that no replica has confirmed: ${why}`
  const more = cause === null ? '' : ` (${cause.message})`
  return new StoreFault('STORE_UNCONFIRMED', `${message}${more}; a failover now could bring them back`, cause)
}
