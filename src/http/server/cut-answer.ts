import type { IncomingMessage } from 'node:http'
import type { FaultCode } from '../../core/fault.ts'

const cuts = new WeakMap<IncomingMessage, FaultCode>()

/** Notes why the gateway ends an answer that has begun: no status can say it to the client, the access line does. */
export function noteCut(request: IncomingMessage, code: FaultCode): void {
  cuts.set(request, code)
}

/** Why the answer to this request was cut by us; null: it was not, so when it did not end the client went away. */
export function cutOf(request: IncomingMessage): FaultCode | null {
  return cuts.get(request) ?? null
}
