import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import type { Decision, RejectReason, RejectStatus } from '../../core/decision.ts'
import type { App, Location, Origin } from '../../core/gateway.ts'
import type { PageSettings } from '../../core/pages/settings.ts'
import type { Destination } from '../../core/request/destination.ts'
import { type ClientAddress, unknownClient } from '../../core/request/forwarded.ts'
import { isNavigation } from '../../core/request/navigation.ts'
import type { Target } from '../../core/request/target.ts'
import type { SessionLookup } from '../../runtime/sessions.ts'
import type { Admission, OwnAddress } from './admission.ts'
import type { RequestFacts } from './request-facts.ts'

/** What is known of a request so far. The steps of `admit` fill it in; the functions below make the admission of it. */
export interface AdmissionDraft {
  readonly requestId: string
  readonly startedAt: number
  readonly method: string
  readonly wantsPage: boolean
  readonly pages: PageSettings
  readonly acceptLanguage: string | undefined
  client: ClientAddress
  certificate: ConnectionCertificate | null
  origin: Origin | null
  target: Target | null
  destination: Destination | null
  address: OwnAddress | null
  app: App | null
  location: Location | null
  others: readonly Location[]
  header: Admission['header']
}

export function beginDraft(
  pages: PageSettings,
  facts: RequestFacts,
  requestId: string,
  startedAt: number,
): AdmissionDraft {
  return {
    requestId,
    startedAt,
    method: facts.method ?? '',
    // A form that is posted shows its answer too; only for a GET does a sign-in follow.
    wantsPage: isNavigation('GET', facts.headers),
    pages,
    acceptLanguage: facts.headers['accept-language'],
    client: unknownClient,
    certificate: null,
    origin: null,
    target: null,
    destination: null,
    address: null,
    app: null,
    location: null,
    others: none,
    header: null,
  }
}

const none: readonly never[] = []

export type LiveSession = Extract<SessionLookup, { kind: 'live' }>

/** The admission that a decision makes of the draft. `detail` is for the log, `live` the session that was found. */
export function toAdmission(
  draft: AdmissionDraft,
  decision: Decision,
  detail: string | null = null,
  live: LiveSession | null = null,
): Admission {
  const { client } = draft
  // Field by field: with spread and rest it is a copy by name, several times the cost, on every request.
  return {
    requestId: draft.requestId,
    startedAt: draft.startedAt,
    method: draft.method,
    wantsPage: draft.wantsPage,
    pages: draft.pages,
    acceptLanguage: draft.acceptLanguage,
    origin: draft.origin,
    target: draft.target,
    destination: decision.kind === 'allow' ? draft.destination : null,
    address: draft.address,
    app: draft.app,
    location: draft.location,
    others: draft.others,
    header: draft.header,
    decision,
    detail,
    session: live === null ? null : live.session,
    resealed: live === null ? null : live.resealed,
    renewal: live === null ? null : (live.renewal ?? null),
    fault: null,
    principal: decision.kind === 'allow' || decision.kind === 'deny' ? decision.principal : null,
    clientAddress: client.known ? client.text : null,
    network: client.network,
    certificate: draft.certificate,
    shadow: null,
  }
}

export function reject(
  draft: AdmissionDraft,
  status: RejectStatus,
  reason: RejectReason,
  allow?: readonly string[],
): Admission {
  return toAdmission(draft, { kind: 'reject', status, reason, ...(allow === undefined ? {} : { allow }) })
}

/** An address of the gateway itself, or 405 when it has no such method. */
export function admitToOwnAddress(
  draft: AdmissionDraft,
  address: OwnAddress,
  methods: readonly string[],
): Admission {
  draft.address = address
  if (!methods.includes(draft.method)) return reject(draft, 405, 'method-not-allowed', methods)
  return toAdmission(draft, { kind: 'allow', reason: 'gateway-address', principal: null })
}
