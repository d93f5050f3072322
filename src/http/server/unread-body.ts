import type { IncomingMessage } from 'node:http'
import { unknownNetwork } from '../../core/limits/network.ts'
import { admissionIfAny } from '../admission/admission.ts'
import type { RequestContext } from './context.ts'

/**
 * Nobody takes the rest of this request's body: it is dropped for a while, so that the client hears the answer. The
 * answer must say `Connection: close`.
 */
export function dropRest({ lingering, runtime }: RequestContext, request: IncomingMessage): void {
  const admission = admissionIfAny(request)
  const location = admission?.location ?? null
  lingering.dropRest(request, {
    network: admission?.network ?? unknownNetwork,
    rate: location === null ? runtime.gateway.bodyRate : location.forwarding.timeouts.body,
  })
}
