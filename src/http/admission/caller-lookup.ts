import type { IncomingHttpHeaders } from 'node:http'
import { type Counted, countedCredential } from '../../core/credential/counted.ts'
import { type HeaderCredential, isHeaderCredential } from '../../core/credential/credential.ts'
import type { HeaderLookup } from '../../core/credential/lookup.ts'
import { presentedCredentials } from '../../core/credential/presented.ts'
import type { App, Location, Origin } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { ClientAddress } from '../../core/request/forwarded.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { SessionLookup } from '../../runtime/sessions.ts'
import { type CallerLookup, nobody } from './caller.ts'
import type { RequestFacts } from './request-facts.ts'
import type { AdmissionContext } from './session-lookup.ts'

/** A request whose caller is looked for. */
export interface Asking {
  readonly origin: Origin
  readonly facts: RequestFacts
  readonly method: string
  readonly client: ClientAddress
  readonly now: EpochSeconds
}

type FindSession = (
  context: AdmissionContext,
  origin: Origin,
  headers: IncomingHttpHeaders,
) => Awaitable<SessionLookup>

/**
 * Who asks, by the one credential that counts where the request is judged. No session is looked up for a request that
 * brings another credential, and none where the location lists none. Throws, or rejects with, a fault.
 */
export function findCaller(
  context: AdmissionContext,
  judge: { readonly app: App; readonly location: Location },
  asking: Asking,
  findSession: FindSession,
): Awaitable<CallerLookup> {
  const { origin, facts } = asking
  const { credentials } = judge.location
  const session = () =>
    credentials.includes('session') ? findSession(context, origin, facts.headers) : nobody
  if (!credentials.some(isHeaderCredential)) return session()
  const presented = context.presented ?? presentedCredentials(facts.rawHeaders, context.gateway.apiKeys)
  const counted = countedCredential(credentials, presented)
  switch (counted.kind) {
    case 'ambient':
      return session()
    case 'ambiguous':
      return { kind: 'refused', refusal: counted, credential: null }
    case 'refused':
      return refusedAs(counted.credential, { kind: 'refused', why: counted.why, detail: null })
    case 'header':
      return verify(context, judge.app, counted, asking)
  }
}

function verify(
  { credentials }: AdmissionContext,
  app: App,
  { credential, presented }: Extract<Counted, { kind: 'header' }>,
  { facts, method, client, now }: Asking,
): Awaitable<CallerLookup> {
  if (presented.by === 'basic' && isFromOtherSite(facts.headers))
    return { kind: 'refused', refusal: { kind: 'cross-site' }, credential }
  // Whoever judges without looking anything up lets nobody in by a header.
  if (credentials === undefined)
    return refusedAs(credential, { kind: 'refused', why: 'credential-unknown', detail: null })
  const looked = credentials.verify(presented, { app, method, client, network: client.network, now })
  return looked instanceof Promise
    ? looked.then((lookup) => toCaller(credential, lookup))
    : toCaller(credential, looked)
}

function toCaller(credential: HeaderCredential, lookup: HeaderLookup): CallerLookup {
  return lookup.kind === 'identified' ? { ...lookup, credential } : refusedAs(credential, lookup)
}

function refusedAs(
  credential: HeaderCredential,
  lookup: Exclude<HeaderLookup, { kind: 'identified' }>,
): CallerLookup {
  return { kind: 'refused', refusal: { ...lookup, credential }, credential }
}

/** A browser adds `Basic` to whatever asks, once a person has typed it; who asks is told by Fetch Metadata. */
function isFromOtherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
