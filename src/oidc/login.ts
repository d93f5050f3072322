import { calculatePKCECodeChallenge } from 'openid-client'
import type { ProviderSettings } from '../core/gateway.ts'
import { mayBePassed, ownAuthorizationParameters } from '../core/session/authorization-parameters.ts'
import { type AuthorizationWish, plainWish } from '../core/session/authorization-wish.ts'
import { isSecondAttempt, type Transaction } from '../core/session/transaction.ts'
import type { Metadata } from './metadata.ts'
import { offlineRequest } from './offline.ts'
import { wishedPrompt } from './requested-prompt.ts'
import { stepUpParameters } from './step-up-parameters.ts'

/** What is asked for beside the configuration. */
export interface AuthorizationRequest {
  readonly wish: AuthorizationWish
  /** Whether a refresh token is to come. */
  readonly offline: boolean
}

const plainRequest: AuthorizationRequest = { wish: plainWish, offline: false }

/**
 * Where to send the browser: the code flow with PKCE (S256, whatever the metadata says of it), state and nonce,
 * each parameter once. Of the request that asked for the sign-in nothing gets in here but the wish: which parameters that may bring, the
 * configuration lists. What a step-up asks for stands over what the configuration asks for, and that over what a
 * refresh token needs.
 */
export async function authorizationUrl(
  settings: ProviderSettings,
  metadata: Metadata,
  transaction: Transaction,
  redirectUri: string,
  { wish, offline }: AuthorizationRequest = plainRequest,
): Promise<URL> {
  const { stepUp } = wish
  const toRefresh = offline ? offlineRequest(settings, metadata) : null
  const url = new URL(metadata.authorizationEndpoint)
  const set = ([name, value]: readonly [string, string]) => url.searchParams.set(name, value)
  toRefresh?.parameters.forEach(set)
  settings.authorizationParameters.forEach((value, name) => void set([name, value]))
  passedParameters(settings, wish).forEach(set)
  if (stepUp !== null)
    stepUpParameters(stepUp, settings.authorizationParameters).forEach(
      (value, name) => void set([name, value]),
    )
  for (const name of ownAuthorizationParameters) url.searchParams.delete(name)
  if (isSecondAttempt(transaction) && url.searchParams.get('prompt') === 'none')
    url.searchParams.delete('prompt')
  const prompt = wishedPrompt(settings, metadata, wish)
  if (prompt !== null) url.searchParams.set('prompt', prompt)
  const scopes = [...settings.scopes, ...(toRefresh?.scopes ?? []), ...(stepUp?.scopes ?? [])]
  const own = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: canonicalRedirectUri(redirectUri),
    scope: [...new Set(scopes)].join(' '),
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: await calculatePKCECodeChallenge(transaction.codeVerifier),
    code_challenge_method: 'S256',
    // `query` is what the code flow does anyway, and some providers do not know the parameter.
    ...(settings.responseMode === 'query' ? {} : { response_mode: settings.responseMode }),
  }
  for (const [name, value] of Object.entries(own)) url.searchParams.set(name, value)
  return url
}

/** Those of a wish that the configuration lists; and for whom a step-up is, unless somebody else is to come. */
function passedParameters(
  { passParameters }: ProviderSettings,
  { passed, stepUp, otherAccount }: AuthorizationWish,
): readonly (readonly [string, string])[] {
  const names = new Set(passParameters.filter(mayBePassed))
  if (stepUp !== null && !otherAccount) names.add('login_hint')
  return [...passed].filter(([name]) => names.has(name))
}

/** The token request repeats the redirect URI, and openid-client takes it from a URL: so both are what URL prints. */
export function canonicalRedirectUri(redirectUri: string): string {
  return new URL(redirectUri).href
}
