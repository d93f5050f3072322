import type { Decision, RejectReason, RejectStatus } from '../../core/decision.ts'
import type { App, Location, Origin } from '../../core/gateway.ts'
import type { ClientAddress } from '../../core/request/forwarded.ts'
import { isNavigation } from '../../core/request/navigation.ts'
import type { Target } from '../../core/request/target.ts'
import type { Found } from '../../runtime/sessions.ts'
import type { Admission, OwnAddress } from './admission.ts'
import type { RequestFacts } from './request-facts.ts'

/** What the gate has found out so far. Its steps fill it in; the functions below make the admission of it. */
export interface Sheet {
  readonly requestId: string
  readonly startedAt: number
  readonly method: string
  readonly wantsPage: boolean
  client: ClientAddress
  origin: Origin | null
  target: Target | null
  address: OwnAddress | null
  app: App | null
  location: Location | null
}

export function openSheet(facts: RequestFacts, requestId: string, startedAt: number): Sheet {
  return {
    requestId,
    startedAt,
    method: facts.method ?? '',
    // A form that is posted shows its answer too; only for a GET does a sign-in follow.
    wantsPage: isNavigation('GET', facts.headers),
    client: unknownClient,
    origin: null,
    target: null,
    address: null,
    app: null,
    location: null,
  }
}

const unknownClient: ClientAddress = { known: false }

export type LiveSession = Extract<Found, { kind: 'live' }>

/** The admission that a verdict makes of the sheet. `detail` is for the log, `live` the session that was found. */
export function finish(
  sheet: Sheet,
  decision: Decision,
  detail: string | null = null,
  live: LiveSession | null = null,
): Admission {
  const { client } = sheet
  // Written out: on the road of every request, copying by `...` costs as much as judging does.
  return {
    requestId: sheet.requestId,
    startedAt: sheet.startedAt,
    method: sheet.method,
    wantsPage: sheet.wantsPage,
    origin: sheet.origin,
    target: sheet.target,
    address: sheet.address,
    app: sheet.app,
    location: sheet.location,
    decision,
    detail,
    session: live === null ? null : live.session,
    resealed: live === null ? null : live.resealed,
    fault: null,
    principal: decision.kind === 'allow' || decision.kind === 'deny' ? decision.principal : null,
    clientAddress: client.known ? client.text : null,
    shadow: null,
  }
}

export function reject(
  sheet: Sheet,
  status: RejectStatus,
  reason: RejectReason,
  allow?: readonly string[],
): Admission {
  return finish(sheet, { kind: 'reject', status, reason, ...(allow === undefined ? {} : { allow }) })
}

/** An address of the gateway itself, or 405 when it has no such method. */
export function admitToOwn(sheet: Sheet, address: OwnAddress, methods: readonly string[]): Admission {
  if (!methods.includes(sheet.method)) return reject(sheet, 405, 'method-not-allowed', methods)
  sheet.address = address
  return finish(sheet, { kind: 'allow', reason: 'gateway-address', principal: null })
}
