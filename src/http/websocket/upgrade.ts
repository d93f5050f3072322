import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { UpstreamFault } from '../../core/fault.ts'
import { upstreamPlace } from '../../core/upstream-settings.ts'
import type { Admission } from '../admission/admission.ts'
import type { Outbound } from '../proxy/outbound.ts'
import type { RequestContext } from '../server/context.ts'
import type { EarlyBytes } from './early-bytes.ts'

/** A request for an upgrade on its way: nothing that the client sends is passed on before it is decided. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly client: Duplex
  readonly earlyBytes: EarlyBytes
  readonly admission: Admission
  /** Aborts when nobody waits for the outcome any more. */
  readonly signal: AbortSignal
}

/** What the upstream answered to the handshake is no answer that may be passed on. */
export function invalid({ request }: Outbound, what: string): UpstreamFault {
  return new UpstreamFault(
    'UPSTREAM_RESPONSE_INVALID',
    `${upstreamPlace(request.app, request.upstream)}: ${what}`,
  )
}

/** The end of a handshake, however it ended: the upstream may have heard of it. */
export function note({ log, metrics, runtime }: RequestContext, admission: Admission, status: number): void {
  log.access(admission, status, runtime.edition)
  metrics.request(admission, status)
}
