import { StoreFault } from '../../core/fault.ts'
import type { Command } from './client.ts'
import { toStoreFault } from './fault.ts'
import { numberOf, textOf } from './reply.ts'
import type { Confirming, Servers } from './servers.ts'

/** Waits until what must not be undone has reached a replica, so that a failover does not undo it. */
export interface Confirmation {
  /**
   * Settles when a replica has what was written before on the server of this command's key, where there are replicas;
   * after about a second when none has: then `report` hears of it. Never rejects.
   */
  confirm(write: ConfirmedWrite): Promise<void>
}

/** What is written once more: it must change something, or no replica is told. */
export interface ConfirmedWrite {
  readonly key: string
  readonly command: Command
  readonly what: Confirmed
}

/** What a failover would undo. */
export type Confirmed = 'ended' | 'renewed' | 'taken' | 'key-changed'

const undone: Readonly<Record<Confirmed, readonly [string, string]>> = {
  ended: ['ended sessions', 'bring them back'],
  renewed: ['renewed sessions', 'end them when their provider is asked again'],
  taken: ['handed out forms', 'hand them out again'],
  'key-changed': ['changed API keys', 'undo that'],
}

interface Batch {
  command: Command
  readonly whats: Set<Confirmed>
  readonly done: Promise<void>
}

/**
 * One WAIT at a time for each server, for all who came meanwhile. It goes by the writes of its own connection
 * (Redis: WAIT), so it writes there once more: the replica that has this write has all that came before it. A replica has
 * as long as a server to answer.
 */
export function createConfirmation(
  servers: Pick<Servers, 'confirming'>,
  report: (thrown: unknown) => void,
  waitMs: number,
): Confirmation {
  /** WAIT itself takes so long; it is given some more to come back. */
  const withinMs = waitMs * 1.5
  const running = new Map<string, Promise<void>>()
  const waiting = new Map<string, Batch>()

  async function confirm({ key, command, what }: ConfirmedWrite): Promise<void> {
    const whats = new Set([what])
    try {
      await join(servers.confirming(key), command, whats)
    } catch (thrown) {
      tell('redis', whats, 'it cannot be asked', toStoreFault(thrown))
    }
  }

  function join(at: Confirming, command: Command, whats: ReadonlySet<Confirmed>): Promise<void> {
    const current = running.get(at.place)
    if (current === undefined) return run(at, command, whats)
    const batch = waiting.get(at.place)
    if (batch !== undefined) {
      batch.command = command
      for (const what of whats) batch.whats.add(what)
      return batch.done
    }
    const next: Batch = {
      command,
      whats: new Set(whats),
      done: current.then(() => {
        waiting.delete(at.place)
        return run(at, next.command, next.whats)
      }),
    }
    waiting.set(at.place, next)
    return next.done
  }

  function run(at: Confirming, command: Command, whats: ReadonlySet<Confirmed>): Promise<void> {
    const asked = ask(at, command, whats).finally(() => {
      if (running.get(at.place) === asked) running.delete(at.place)
    })
    running.set(at.place, asked)
    return asked
  }

  async function ask(at: Confirming, command: Command, whats: ReadonlySet<Confirmed>): Promise<void> {
    try {
      const [info] = await at.send([['INFO', 'replication']], waitMs)
      const replicas = Number(/^connected_slaves:(\d+)/m.exec(textOf(info) ?? '')?.[1] ?? 0)
      if (replicas === 0) {
        if (at.replicated) tell(at.place, whats, 'no replica is connected', null)
        return
      }
      const [, confirmed] = await at.send([command, ['WAIT', '1', String(waitMs)]], withinMs)
      if (numberOf(confirmed) < 1) tell(at.place, whats, 'no replica answered within a second', null)
    } catch (thrown) {
      tell(at.place, whats, 'it cannot be asked', toStoreFault(thrown))
    }
  }

  function tell(place: string, whats: ReadonlySet<Confirmed>, why: string, cause: StoreFault | null): void {
    for (const what of whats) report(unconfirmed(place, what, why, cause))
  }

  return { confirm }
}

function unconfirmed(place: string, what: Confirmed, why: string, cause: StoreFault | null): StoreFault {
  const [done, consequence] = undone[what]
  const message = `the session store redis ${place} ${done} that no replica has confirmed: ${why}`
  const more = cause === null ? '' : ` (${cause.message})`
  return new StoreFault('STORE_UNCONFIRMED', `${message}${more}; a failover now could ${consequence}`, cause)
}
