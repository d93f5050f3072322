import type { IncomingMessage } from 'node:http'
import type { Edition, Editions } from '../../runtime/editions.ts'
import type { Following } from '../../runtime/following.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Log } from '../operations/log.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { LingeringCloses } from './lingering-close.ts'
import type { RequestIds } from './request-ids.ts'

/** What the whole process has: every edition, one log, one set of metrics. */
export interface ServerContext {
  readonly editions: Editions
  readonly log: Log
  readonly metrics: Metrics
  readonly lingering: LingeringCloses
  readonly requestIds: RequestIds
}

/** How each part of it follows the configuration. A part that is not declared here does not compile. */
export const serverFollowing = {
  editions: 'independent',
  log: 'subscribed',
  metrics: 'subscribed',
  lingering: 'independent',
  requestIds: 'independent',
} as const satisfies { readonly [part in keyof ServerContext]: Following }

/** What one request has: the edition that it entered, and where to tell what happened. */
export interface RequestContext {
  readonly runtime: Runtime
  readonly log: Log
  readonly metrics: Metrics
  readonly lingering: LingeringCloses
}

const contextByEdition = new WeakMap<Edition, RequestContext>()

/** The context of an edition, the same for all its requests. */
export function requestContextIn(
  { log, metrics, lingering }: ServerContext,
  edition: Edition,
): RequestContext {
  const known = contextByEdition.get(edition)
  if (known !== undefined) return known
  const context = { runtime: edition.runtime, log, metrics, lingering }
  contextByEdition.set(edition, context)
  return context
}

const attached = Symbol('context')

type Carrier = IncomingMessage & { [attached]?: RequestContext }

/** Hangs the context on the raw request: whatever is reloaded meanwhile, it is served to its end by one edition. */
export function attachContext(request: IncomingMessage, context: RequestContext): void {
  const carrier: Carrier = request
  carrier[attached] = context
}

/** Throws when there is none: a request that skipped the request listener. */
export function contextOf(request: IncomingMessage): RequestContext {
  const carrier: Carrier = request
  const context = carrier[attached]
  if (context === undefined)
    throw new Error('a request reached this place without passing the request listener')
  return context
}
