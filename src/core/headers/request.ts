import type { AssertionLine } from '../assertion/assertion.ts'
import type { Forwarding } from '../gateway.ts'
import { limits } from '../limits/table.ts'
import type { Principal } from '../principal.ts'
import { stripOwnCookies } from '../session/cookies.ts'
import { connectionOptions, withoutNames } from './connection.ts'
import { personLines, type UnsendableHeader } from './identity.ts'
import { carriesOwn } from './own-credentials.ts'
import { type HeaderPlan, linesOf } from './plan.ts'
import { isUnsignableType } from './signed-content-type.ts'
import type { SentTokens } from './token-headers.ts'

interface ForwardedRequest {
  /** As Node gives them: name, value, name, value … */
  readonly rawHeaders: readonly string[]
  readonly forwarding: Forwarding
  /** Whom the app is told about; null for nobody. */
  readonly principal: Principal | null
  /** Those of the principal’s session, or what their pair gave; null: there are none. Of nobody none is sent. */
  readonly tokens: SentTokens | null
  /** The app's `identity_assertion` of this principal; absent or null: it wants none. Of nobody none is sent. */
  readonly assertion?: AssertionLine | null
  /** In text; null when nobody who is believed said one: then the app gets no X-Forwarded-For rather than a guess. */
  readonly clientAddress: string | null
  /** Where COPY or MOVE goes, as the app says it (see `toUpstreamDestination`); null for nowhere. */
  readonly destination: string | null
}

type UpstreamHeaders =
  /** Name, value, name, value …, Host included. `ofClient`: how many entries, from the first, are the client's. */
  | { readonly ok: true; readonly headers: readonly string[]; readonly ofClient: number }
  | { readonly ok: false; readonly reason: 'connection-options' | 'content-type-ambiguous' }
  | {
      readonly ok: false
      readonly reason: 'identity-unsendable'
      readonly unsendable: UnsendableHeader
    }

/**
 * The headers of the request to the app, for HTTP and WebSocket alike. Built on an empty list: end-to-end headers of
 * the client that are neither ours nor believed by someone, then ours. Nothing is copied to be deleted later, and
 * nothing that `Connection` names can take one of ours away.
 *
 * `Content-Length` is the client's when it said one, and only then: without it, a body goes in chunks.
 */
export function upstreamHeaders(plan: HeaderPlan, request: ForwardedRequest): UpstreamHeaders {
  const { principal, forwarding, tokens, assertion = null } = request
  const identity = principal && personLines(principal, forwarding, tokens, assertion)
  if (identity !== null && !identity.ok) {
    return { ok: false, reason: 'identity-unsendable', unsendable: identity }
  }
  const headers = clientHeaders(plan, request)
  if (headers === null) return { ok: false, reason: 'connection-options' }
  const ofClient = headers.length
  if (plan.isSigned && isUnsignableType(headers, ofClient))
    return { ok: false, reason: 'content-type-ambiguous' }
  headers.push(...plan.fixed)
  const { headers: ofLocation } = forwarding
  headers.push(...(ofLocation === undefined ? plan.upstreamHeaders : linesOf(ofLocation)))
  if (request.clientAddress !== null)
    headers.push('X-Forwarded-For', request.clientAddress, 'X-Real-IP', request.clientAddress)
  if (request.destination !== null) headers.push('Destination', request.destination)
  if (identity !== null) headers.push(...identity.lines)
  return { ok: true, headers, ofClient }
}

/** What of the client's headers goes on; null when `Connection` names too many. */
function clientHeaders(plan: HeaderPlan, request: ForwardedRequest): string[] | null {
  const { rawHeaders: raw } = request
  const headers: string[] = []
  let cookies: string | null = null
  let connection: string | null = null
  let length: string | null = null
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const value = raw[i + 1] ?? ''
    switch (plan.requestAction(name)) {
      case 'drop':
        break
      case 'pass':
        headers.push(name, value)
        break
      case 'authorization':
        if (authorizationGoesOn(request, value) && !isOwn(plan, value)) headers.push(name, value)
        break
      case 'key':
        if (!isOwn(plan, value)) headers.push(name, value)
        break
      case 'cookie':
        cookies = cookies === null ? value : `${cookies}; ${value}`
        break
      case 'connection':
        connection = connection === null ? value : `${connection},${value}`
        break
      // Two lengths, or a length beside an encoding, are no length (RFC 9112 section 6.3).
      case 'content-length':
        length = length === null ? value : ''
        break
      case 'transfer-encoding':
        length = ''
        break
    }
  }
  const rest = cookies === null ? '' : stripOwnCookies(cookies, plan.ownCookies)
  if (rest !== '') headers.push('Cookie', rest)
  const options = connectionOptions(connection)
  if (options.length > limits.requestConnectionOptions) return null
  const kept = withoutNames(headers, options)
  if (length !== null && /^\d{1,15}$/.test(length)) kept.push('Content-Length', length)
  return kept
}

/** A key, right or mistyped, goes to no app, whatever the location says. */
function isOwn({ ownCredentials }: HeaderPlan, value: string): boolean {
  return ownCredentials !== null && carriesOwn(value, ownCredentials)
}

/** Whether the client's own `Authorization` goes on. That of the session is ours, and no header of the client. */
function authorizationGoesOn({ forwarding, principal }: ForwardedRequest, value: string): boolean {
  switch (forwarding.upstreamAuthorization) {
    // A pair is the customer's secret, and where nobody is looked at it does not count.
    case 'pass':
      return principal?.by?.kind !== 'exchange' && !(forwarding.takesPairs === true && isBasic.test(value))
    case 'strip':
      return false
    // The token that counted, and nothing that nobody has judged.
    case 'forward':
    case 'access_token':
      return principal?.by?.kind === 'bearer' && /^bearer /i.test(value)
  }
}

const isBasic = /^\s*basic(?:\s|$)/i
