import { type Configuration, ResponseBodyError, refreshTokenGrant } from 'openid-client'
import { ProviderFault } from '../core/fault.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { proofKeys } from './client-auth.ts'
import { saidOf, tokenFault } from './fault.ts'
import { type TokenAnswer, takeAnswer } from './token-answer.ts'
import { checkTokenType, type Registration } from './token-request.ts'

/** What a token endpoint answers to a refresh token (RFC 6749 6). */
export type GrantAnswer =
  | { readonly kind: 'answered'; readonly answer: TokenAnswer }
  /** The grant is over: `invalid_grant` (RFC 6749 5.2), or `access_denied` of a rule of the provider's own. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The grant may live, but the person has to be seen first: `interaction_required` and its like, as Entra has it. */
  | { readonly kind: 'person-needed'; readonly message: string }

/**
 * RFC 6749 6, once. No scope is sent: what was granted is asked for. The library sees neither the ID token, for it takes
 * one about anybody, nor what it would refuse a whole answer for: a token that it throws away is lost, and the former
 * one may be spent. Throws a `ProviderFault` when nothing can be concluded from the answer.
 */
export async function refreshGrant(
  configuration: Configuration,
  { settings, metadata }: Registration,
  refreshToken: string,
  now: EpochSeconds,
): Promise<GrantAnswer> {
  const taker = takeAnswer(configuration, now, ['id_token', 'expires_in', 'scope', 'refresh_token'])
  const credentials = [refreshToken, settings.clientSecret?.reveal() ?? '']
  try {
    const { token_type: type } = await refreshTokenGrant(configuration, refreshToken)
    checkTokenType(type)
    return { kind: 'answered', answer: taker.taken }
  } catch (thrown) {
    const verdict = thrown instanceof ResponseBodyError ? verdictOn(thrown, credentials) : null
    if (verdict !== null) return verdict
    throw toProviderFault(tokenFault(thrown, { credentials, proofKeys: proofKeys(settings, metadata) }))
  }
}

function verdictOn(refusal: ResponseBodyError, credentials: readonly string[]): GrantAnswer | null {
  const message = saidOf(refusal, credentials)
  switch (refusal.error) {
    case 'invalid_grant':
    case 'access_denied':
      return { kind: 'refused', message }
    case 'interaction_required':
    case 'login_required':
    case 'consent_required':
    case 'account_selection_required':
      return { kind: 'person-needed', message }
    case 'unauthorized_client':
    case 'unsupported_grant_type':
      throw new ProviderFault(
        'PROVIDER_CLIENT_REFUSED',
        `${message}. Let the provider allow this client the refresh token grant`,
      )
    default:
      return null
  }
}

/** Nobody is signing in: whatever cannot be read is the provider's fault. */
function toProviderFault(fault: Error): Error {
  return fault instanceof ProviderFault
    ? fault
    : new ProviderFault('PROVIDER_RESPONSE_INVALID', fault.message)
}
