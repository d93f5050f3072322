import type { IncomingHttpHeaders } from 'node:http'
import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import { certificatePrincipal } from '../../core/certificate/principal.ts'
import { type Counted, countedCredential } from '../../core/credential/counted.ts'
import { type HeaderCredential, isHeaderCredential } from '../../core/credential/credential.ts'
import type { HeaderLookup } from '../../core/credential/lookup.ts'
import { presentedCredentials } from '../../core/credential/presented.ts'
import type { App, Location, Origin } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { ClientAddress } from '../../core/request/forwarded.ts'
import { isDriven, isFromOtherSite } from '../../core/request/other-site.ts'
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
  /** That the connection showed; null: none. */
  readonly certificate: ConnectionCertificate | null
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
  const { facts } = asking
  const { credentials } = judge.location
  const ambient = () =>
    findAmbient(judge, certifiedCaller(context, judge.location, asking), () =>
      findSession(context, asking.origin, facts.headers),
    )
  if (!credentials.some(isHeaderCredential)) return ambient()
  const presented = context.presented ?? presentedCredentials(facts.rawHeaders, context.gateway.apiKeys)
  const counted = countedCredential(credentials, presented)
  switch (counted.kind) {
    case 'ambient':
      return ambient()
    case 'ambiguous':
      return { kind: 'refused', refusal: counted, credential: null }
    case 'refused':
      return refusedAs(counted.credential, { kind: 'refused', why: counted.why, detail: null })
    case 'header':
      return verify(context, judge.app, counted, asking)
  }
}

/** Who it is by the connection alone; null: nobody, or nobody for whom the location asks. */
function certifiedCaller(
  { gateway }: AdmissionContext,
  { credentials }: Location,
  { facts, method, certificate, now }: Asking,
): CallerLookup | null {
  if (certificate === null || !credentials.includes('client_certificate')) return null
  const principal = certificatePrincipal(certificate, gateway, now)
  if (principal === null) return null
  const credential = 'client_certificate'
  // A browser shows its certificate to whoever asks, whichever page made it ask.
  if (isDriven(method, facts.headers))
    return { kind: 'refused', refusal: { kind: 'cross-site' }, credential: null }
  return { kind: 'identified', credential, principal, scopes: [], endsAt: certificate.endsAt }
}

/** Of session and certificate the one that the location lists first, if it is good; else the other. */
function findAmbient(
  { app, location }: { readonly app: App; readonly location: Location },
  certified: CallerLookup | null,
  session: () => Awaitable<SessionLookup>,
): Awaitable<CallerLookup> {
  const [first] = location.credentials.filter((one) => !isHeaderCredential(one))
  if (!location.credentials.includes('session')) return certified ?? nobody
  if (certified === null) return session()
  if (first === 'client_certificate') return certified
  const isGood = (found: SessionLookup): boolean =>
    found.kind === 'live' && app.signInProviders.includes(found.principal.provider)
  const found = session()
  return found instanceof Promise
    ? found.then((one) => (isGood(one) ? one : certified))
    : isGood(found)
      ? found
      : certified
}

function verify(
  { credentials }: AdmissionContext,
  app: App,
  { credential, presented }: Extract<Counted, { kind: 'header' }>,
  { facts, method, client, certificate, now }: Asking,
): Awaitable<CallerLookup> {
  // A browser adds `Basic` to whatever asks, once a person has typed it.
  if (presented.by === 'basic' && isFromOtherSite(facts.headers))
    return { kind: 'refused', refusal: { kind: 'cross-site' }, credential }
  // Whoever judges without looking anything up lets nobody in by a header.
  if (credentials === undefined)
    return refusedAs(credential, { kind: 'refused', why: 'credential-unknown', detail: null })
  const use = { app, method, client, network: client.network, certificate, now }
  const looked = credentials.verify(presented, { ...use, origin: originOf(facts.rawHeaders) })
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

/** Null: none. Two lines are the origin of nothing. */
function originOf(rawHeaders: readonly string[]): string | null {
  let origin: string | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'origin') continue
    if (origin !== null) return ''
    origin = rawHeaders[i + 1] ?? ''
  }
  return origin
}
