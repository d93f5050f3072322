import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { isExactThroughout, type Json } from '../../core/json.ts'
import { claimAt } from '../../core/rules/claims.ts'
import { namedClaims } from '../../core/rules/named-claims.ts'
import { sessionTimes } from '../../core/session/session.ts'
import type { Admission } from '../admission/admission.ts'
import { showSession } from '../admission/session-lookup.ts'
import { type Answer, refusal } from '../pages/answer.ts'
import { unauthorized } from '../pages/unauthorized.ts'
import type { RequestContext } from '../server/context.ts'
import { withRenewal } from './renewal.ts'

/**
 * `/.auth/me`: who is signed in, for pages of the app itself. Only claims that a rule or a header of this origin
 * names, and never a token. It is no use of the session: a page that asks every minute would keep it alive for ever.
 */
export async function me(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const { runtime } = context
  const { origin } = admission
  if (origin === null) return refusal(admission, 404, 'address-unknown')
  const program = { ...admission, wantsPage: false }
  const found = await showSession(runtime, origin, headers)
  if (found.kind === 'none') return unauthorized(runtime.gateway, program, found.why)
  const { session, principal } = found
  const times = sessionTimes(session, origin)
  const named = claimPathsOf(origin).map((path) => [path, claimAt(principal.claims, path)] as const)
  const inexact = named.flatMap(([path, value]) => (isTold(value) ? [] : [path]))
  const body = JSON.stringify({
    user: principal.user,
    provider: principal.provider,
    // JSON leaves out those that the person does not have.
    claims: Object.fromEntries(named.filter(([, value]) => isTold(value))),
    // Beyond 2^53-1 a number is not the one that was sent: rather none.
    ...(inexact.length > 0 ? { claims_inexact: inexact } : {}),
    ...(principal.emailUnverified ? { email_unverified: true } : {}),
    signed_in_at: session.signedInAt,
    expires_at: times.expiresAt,
    idle_expires_at: times.idleExpiresAt,
  })
  const headersOut = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  }
  return withRenewal({ status: 200, headers: headersOut, body }, found, origin, headers)
}

function isTold(value: Json | undefined): boolean {
  return value === undefined || isExactThroughout(value)
}

const known = new WeakMap<Origin, readonly string[]>()

/** The configuration is frozen: the names are gathered once an origin. */
function claimPathsOf(origin: Origin): readonly string[] {
  const seen = known.get(origin)
  if (seen !== undefined) return seen
  const paths = namedClaims(origin.apps)
  known.set(origin, paths)
  return paths
}
