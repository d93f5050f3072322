import type { PairExchange } from '../../core/credential/exchange-settings.ts'
import { ProviderFault } from '../../core/fault.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import type { Pair } from '../../core/provider-port.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { authenticateAs } from '../client-auth.ts'
import { quoteWithout } from '../quote.ts'
import { readTokenAnswer, type TokenAnswer } from '../token-answer.ts'
import type { Registration } from '../token-request.ts'

/** What a provider answers to a pair. */
export type PairTokens =
  | { readonly kind: 'granted'; readonly answer: TokenAnswer }
  | { readonly kind: 'refused'; readonly detail: string; readonly cure: string | null }

/**
 * RFC 6749 4.4: the pair as the client, at the token endpoint of the checked metadata. Throws a `ProviderFault` where the
 * answer says nothing of the pair.
 */
export async function askAsClient(
  registration: Omit<Registration, 'clientAuth'>,
  { scopes, audience }: Extract<PairExchange, { kind: 'client_credentials' }>,
  pair: Pair,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<PairTokens> {
  const { metadata, transport } = registration
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scopes.length > 0) body.set('scope', scopes.join(' '))
  if (audience !== null) body.set('audience', audience)
  const headers = formHeaders()
  authenticateAs(registration, pair, body, headers)
  const request = { method: 'POST', headers: Object.fromEntries(headers), body: String(body) }
  const answer = await transport.request(metadata.tokenEndpoint, request, deadline)
  const members = readJsonObject(await answer.text())
  if (answer.status !== 200) return refusedBy(answer.status, members, pair)
  return { kind: 'granted', answer: readGranted(members, now) }
}

export function formHeaders(): Headers {
  return new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  })
}

/** RFC 6749 5.1. Throws a `ProviderFault`. */
export function readGranted(members: JsonObject | null, now: EpochSeconds): TokenAnswer {
  if (members === null) throw invalid('the token endpoint: the answer is no JSON object')
  const { token_type: type } = members
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw invalid('the token endpoint: token_type is not Bearer')
  const answer = readTokenAnswer(members, now)
  if (answer.accessToken === null) throw invalid('the token endpoint: access_token cannot be used')
  return answer
}

/**
 * Errors that say something of whoever asked. What is wrong with the request itself is wrong for everybody, and no fault
 * of the pair: so it is neither counted nor remembered as wrong.
 */
const aboutPair: ReadonlySet<unknown> = new Set([
  ...(['invalid_client', 'unauthorized_client', 'access_denied', 'invalid_grant'] as const),
  // What may be asked for differs from client to client.
  ...(['invalid_scope', 'invalid_target'] as const),
])

const passing: ReadonlySet<unknown> = new Set(['temporarily_unavailable', 'slow_down'])

/** 401 is about the pair in whatever words (RFC 9110 15.5.2): guesses would count nowhere otherwise. */
function refusedBy(status: number, members: JsonObject | null, { id, secret }: Pair): PairTokens {
  const error = members?.error
  const words = members?.error_description
  const said = [error, words].flatMap((text) =>
    typeof text === 'string' && text !== '' ? quoteWithout(text, [secret, id]) : [],
  )
  const detail = `the token endpoint answered ${[status, ...said].join(' ')}`
  if (passing.has(error)) throw new ProviderFault('PROVIDER_UNREACHABLE', detail)
  if (status === 401 || aboutPair.has(error)) return { kind: 'refused', detail, cure: null }
  throw new ProviderFault('PROVIDER_RESPONSE_INVALID', detail)
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
}
