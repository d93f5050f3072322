import type { GrantedToken, RefusedToken, TokenGrant } from '../../core/credential/token-grant.ts'
import type { Decision } from '../../core/decision.ts'
import type { Answer } from '../pages/answer.ts'

/** RFC 6749 section 5.1: nobody keeps what bears a token. */
const headers = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
}

/** What a grant becomes. `isBrowser`: it would show a window of its own for `Basic`, and keep what is typed into it. */
export function grantAnswer(grant: TokenGrant, isBrowser: boolean): Answer {
  switch (grant.kind) {
    case 'granted':
      return { status: 200, headers, body: JSON.stringify(tokenOf(grant)), decision: decisionOn(grant) }
    case 'refused': {
      const isClient = grant.error === 'invalid_client'
      const challenge = { 'www-authenticate': isBrowser ? bearer : basic }
      const answer = errorAnswer(isClient ? 401 : 400, grant.error, grant.says, isClient ? challenge : {})
      return { ...answer, decision: decisionOn(grant) }
    }
    case 'throttled': {
      const retry = { 'retry-after': String(grant.retryAfterSeconds) }
      const says = 'too many wrong ids and secrets came from this network'
      return { ...errorAnswer(429, 'temporarily_unavailable', says, retry), decision: decisionOn(grant) }
    }
  }
}

const basic = 'Basic realm="claimgate", charset="UTF-8"'
const bearer = 'Bearer realm="claimgate"'

/** RFC 6749 section 5.2: a short word for programs, and one fixed sentence. */
export function errorAnswer(
  status: number,
  error: string,
  says: string,
  more: Answer['headers'] = {},
): Answer {
  const body = JSON.stringify({ error, error_description: says })
  return { status, headers: { ...headers, ...more }, body }
}

/** What stands in the way of the form itself, or a fault, in the form of RFC 6749 section 5.2. */
export function asTokenError({ status }: Answer): Answer {
  if (status < 500)
    return errorAnswer(status, 'invalid_request', formFaults[status] ?? 'the form cannot be read')
  // Whoever could not tell: nothing was given, so that a client may ask again.
  const isOurs = status === 500
  const more: Answer['headers'] = isOurs ? {} : { 'retry-after': '5' }
  const says = isOurs ? 'a fault of the gateway itself' : 'nobody can tell at the moment'
  return errorAnswer(isOurs ? 500 : 503, isOurs ? 'server_error' : 'temporarily_unavailable', says, more)
}

const formFaults: Readonly<Record<number, string>> = {
  408: 'the form came too slowly',
  413: 'the form is too long',
  415: 'the form is not application/x-www-form-urlencoded',
}

function tokenOf({ accessToken, expiresInSeconds, scopes, refreshToken }: GrantedToken): object {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    ...(expiresInSeconds === null ? {} : { expires_in: expiresInSeconds }),
    ...(scopes === null ? {} : { scope: scopes.join(' ') }),
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
  }
}

/** For the access line and the metrics. */
function decisionOn(grant: TokenGrant): Decision {
  switch (grant.kind) {
    case 'granted':
      return { kind: 'allow', reason: 'gateway-address', principal: grant.by.principal }
    case 'refused':
      return refusalOf(grant)
    case 'throttled': {
      const { retryAfterSeconds } = grant
      return { kind: 'reject', status: 429, reason: 'too-many-unknown', retryAfterSeconds }
    }
  }
}

function refusalOf({ why, by }: RefusedToken): Decision {
  switch (why) {
    case 'token-request-invalid':
      return { kind: 'reject', status: 400, reason: why }
    case 'scope-insufficient':
    case 'key-restricted':
      return { kind: 'deny', reason: why, principal: null }
    default:
      return {
        ...{ kind: 'challenge', how: 'unauthorized', reason: why, providers: [], stepUp: null },
        ...(by === null ? {} : { presented: by.credential }),
      }
  }
}
