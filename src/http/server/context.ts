import type { IncomingMessage } from 'node:http'
import type { Edition, Editions } from '../../runtime/editions.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Log } from '../operations/log.ts'
import type { Metrics } from '../operations/metrics.ts'

/** What the whole process has: every edition, one log, one set of metrics. */
export interface House {
  readonly editions: Editions
  readonly log: Log
  readonly metrics: Metrics
}

/** What one request has: the edition that it entered, and where to tell what happened. */
export interface Desk {
  readonly runtime: Runtime
  readonly log: Log
  readonly metrics: Metrics
}

const desks = new WeakMap<Edition, Desk>()

/** The desk of an edition, the same for all its requests. */
export function deskIn({ log, metrics }: House, edition: Edition): Desk {
  const known = desks.get(edition)
  if (known !== undefined) return known
  const desk = { runtime: edition.runtime, log, metrics }
  desks.set(edition, desk)
  return desk
}

const seated = Symbol('desk')

type Carrier = IncomingMessage & { [seated]?: Desk }

/** Hangs the desk on the raw request: whatever is reloaded meanwhile, it is served to its end by one edition. */
export function carryDesk(request: IncomingMessage, desk: Desk): void {
  const carrier: Carrier = request
  carrier[seated] = desk
}

/** Throws when there is none: a request that skipped the doorkeeper. */
export function deskOf(request: IncomingMessage): Desk {
  const carrier: Carrier = request
  const desk = carrier[seated]
  if (desk === undefined) throw new Error('a request reached this place without passing the doorkeeper')
  return desk
}
