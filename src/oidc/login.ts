import { calculatePKCECodeChallenge } from 'openid-client'
import type { ProviderSettings } from '../core/gateway.ts'
import { mayBePassed, ownAuthorizationParameters } from '../core/session/authorization-parameters.ts'
import { type AuthorizationWish, plainWish } from '../core/session/authorization-wish.ts'
import { isSecondAttempt, type Transaction } from '../core/session/transaction.ts'
import type { Metadata } from './metadata.ts'

/**
 * Where to send the browser: the code flow with PKCE (S256, whatever the metadata says of it), state and nonce,
 * each parameter once. Of the request that asked for the sign-in nothing gets in here but the wish: which parameters that may bring, the
 * configuration lists.
 */
export async function authorizationUrl(
  settings: ProviderSettings,
  metadata: Metadata,
  transaction: Transaction,
  redirectUri: string,
  wish: AuthorizationWish = plainWish,
): Promise<URL> {
  const url = new URL(metadata.authorizationEndpoint)
  for (const [name, value] of settings.authorizationParameters) url.searchParams.set(name, value)
  for (const name of settings.passParameters) {
    const value = mayBePassed(name) ? wish.passed.get(name) : undefined
    if (value !== undefined) url.searchParams.set(name, value)
  }
  for (const name of ownAuthorizationParameters) url.searchParams.delete(name)
  if (isSecondAttempt(transaction) && url.searchParams.get('prompt') === 'none')
    url.searchParams.delete('prompt')
  if (wish.otherAccount) url.searchParams.set('prompt', promptForOtherAccount(settings, metadata))
  const own = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: canonicalRedirectUri(redirectUri),
    scope: settings.scopes.join(' '),
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

/** The token request repeats the redirect URI, and openid-client takes it from a URL: so both are what URL prints. */
export function canonicalRedirectUri(redirectUri: string): string {
  return new URL(redirectUri).href
}

/**
 * Whether the configuration asks the provider to show nobody anything (`prompt=none`): who is not known there comes back
 * with an error (OIDC Core 3.1.2.6). The second attempt, which follows by itself, asks the person.
 */
export function asksNobody({ authorizationParameters }: ProviderSettings): boolean {
  return authorizationParameters.get('prompt') === 'none'
}

/** `select_account` where it is known, as it asks for no password; `login` is what every provider has to know. */
function promptForOtherAccount(settings: ProviderSettings, metadata: Metadata): string {
  const known =
    metadata.promptValues?.includes('select_account') ??
    (settings.preset === 'google' || settings.preset === 'microsoft')
  return known ? 'select_account' : 'login'
}
