import type { App, Origin } from '../../core/gateway.ts'
import { readAddress } from '../../core/request/address.ts'
import type { ClientAddress } from '../../core/request/forwarded.ts'
import { readTarget } from '../../core/request/target.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Admission } from './admission.ts'
import type { CallerLookup } from './caller.ts'
import { routeRequest, verdictOn } from './routed-request.ts'

/** An app of an origin, and the path that it begins at. */
export interface OpenableApp {
  readonly app: App
  readonly path: string
}

/**
 * The apps of the origin whose first page this person may open, from where the request comes, in the order of the
 * origin; those too that ask for a step-up first. They are judged as a request for that page would be, and nothing is
 * sent.
 */
export function openableApps(
  origin: Origin,
  admission: Pick<Admission, 'clientAddress' | 'network' | 'certificate'>,
  lookup: CallerLookup,
  now: EpochSeconds,
): readonly OpenableApp[] {
  const client = clientOf(admission)
  return origin.apps.flatMap((app) => {
    const path = `/${app.prefix.map(encodeURIComponent).join('/')}`
    const reading = readTarget(path)
    if (!reading.ok) return []
    const headers = { accept: 'text/html' }
    const request = {
      method: 'GET',
      target: reading.target,
      headers,
      client,
      certificate: admission.certificate,
      now,
    }
    const { decision, app: found } = verdictOn(routeRequest(origin, request), request, lookup)
    const mayOpen = decision.kind === 'allow' || decision.reason === 'step-up-needed'
    return mayOpen && found === app ? [{ app, path }] : []
  })
}

function clientOf({
  clientAddress: text,
  network,
}: Pick<Admission, 'clientAddress' | 'network'>): ClientAddress {
  const address = text === null ? null : readAddress(text)
  return address === null || text === null
    ? { known: false, network }
    : { known: true, address, text, network }
}
