import type { Decision } from '../../core/decision.ts'
import type { Forwarding } from '../../core/gateway.ts'
import { overBudget, type Unsent } from '../../core/headers/aws-budget.ts'
import { describeUnsendable } from '../../core/headers/identity.ts'
import { type HeaderPlan, headerPlan } from '../../core/headers/plan.ts'
import { toUpstreamDestination } from '../../core/headers/public-address.ts'
import { upstreamHeaders } from '../../core/headers/request.ts'
import { type SentTokens, sentTokens } from '../../core/headers/token-headers.ts'
import type { UpstreamRequest } from '../../core/ports.ts'
import type { Principal } from '../../core/principal.ts'
import { upstreamPath } from '../../core/request/target.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Admission } from '../admission/admission.ts'

/** The request was let in, and yet cannot be sent as it is. */
export interface Refused {
  readonly ok: false
  readonly decision: Decision
  /** For the log alone. */
  readonly detail: string | null
}

export type ForwardedReading =
  | {
      readonly ok: true
      readonly request: Omit<UpstreamRequest, 'body'>
      readonly forwarding: Forwarding
      /** That of the app, by which its answer is read too. */
      readonly plan: HeaderPlan
    }
  | Refused

/**
 * What goes to the app of a request that was let in, but for its body: of the admission, and of the headers that the client
 * sent. Reads nothing else, and changes nothing. Throws for what was not let in.
 */
export function readForwarded(
  { gateway, assertions, upstreams }: Pick<Runtime, 'gateway' | 'assertions' | 'upstreams'>,
  admission: Admission,
  rawHeaders: readonly string[],
): ForwardedReading {
  const { app, location, target, principal, clientAddress, network } = admission
  if (admission.decision.kind !== 'allow' || app === null || location === null || target === null) {
    throw new Error('a request that was not let in reached the proxy')
  }
  const { forwarding } = location
  const plan = headerPlan(gateway, app)
  const headers = upstreamHeaders(plan, {
    rawHeaders,
    forwarding,
    principal,
    tokens: forwarding.tokenHeaders.length > 0 ? tokensOf(admission) : null,
    assertion: principal && assertions.line(app, principal),
    clientAddress,
    destination: admission.destination && toUpstreamDestination(app, admission.destination),
  })
  if (!headers.ok) {
    const { reason } = headers
    const detail = reason === 'identity-unsendable' ? describeUnsendable(headers.unsendable) : null
    return unsent({ reason, detail }, principal)
  }
  const { method } = admission
  const path = upstreamPath(app, target)
  const { upstream } = app
  if (upstream.aws !== null) {
    const counted = { ...{ method, path }, ...headers, added: upstreams.headerBytes(upstream) }
    const refusal = overBudget(upstream, counted)
    if (refusal !== null) return unsent(refusal, principal)
  }
  const request = {
    app: app.name,
    upstream,
    timeouts: forwarding.timeouts,
    method,
    path,
    headers: headers.headers,
    caller: { requestId: admission.requestId, clientAddress, network, principal, forwarding },
  }
  return { ok: true, request, forwarding, plan }
}

/** The verdict on what cannot be sent. */
function unsent({ reason, detail }: Unsent, principal: Principal | null): Refused {
  switch (reason) {
    case 'identity-unsendable':
      return { ok: false, decision: { kind: 'deny', reason, principal }, detail }
    case 'connection-options':
    case 'content-type-ambiguous':
      return { ok: false, decision: { kind: 'reject', status: 400, reason }, detail }
    case 'headers-too-large':
      return { ok: false, decision: { kind: 'reject', status: 431, reason }, detail }
  }
}

/** What the app may get: of the session, or for the pair, by which somebody came. */
function tokensOf({ session, header }: Admission): SentTokens | null {
  if (session !== null) return sentTokens(session)
  const exchanged = header?.exchangedToken ?? null
  return exchanged === null ? null : { access_token: exchanged, id_token: null }
}
