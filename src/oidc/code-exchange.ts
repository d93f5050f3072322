import type { Configuration } from 'openid-client'
import { LoginFault } from '../core/fault.ts'
import type { Identity } from '../core/ports.ts'
import { readUserId } from '../core/principal.ts'
import { isSameProvider } from '../core/provider-id.ts'
import { type AuthorizationWish, plainWish } from '../core/session/authorization-wish.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { isSecondAttempt, type Transaction } from '../core/session/transaction.ts'
import { checkAssurance } from './assurance.ts'
import { readCallback } from './callback.ts'
import { tokenExpectation, userinfoSource } from './expectation.ts'
import { withoutCredentials } from './fault.ts'
import { verifyIdToken } from './id-token.ts'
import { mergeClaims } from './identity.ts'
import type { KeyCache } from './keys.ts'
import type { ProviderObserver } from './observer.ts'
import { asksNobody } from './requested-prompt.ts'
import { keptTokens } from './token-answer.ts'
import { createConfiguration, type Registration, redeemCode, type Tokens } from './token-request.ts'
import { fetchUserinfo } from './userinfo.ts'

/** Everything that belongs to one provider; nothing of it is ever shared with another. */
export interface Client extends Registration {
  readonly keys: KeyCache
  readonly observer?: ProviderObserver | undefined
}

/** One authorization response, and the sign-in that it answers. */
export interface AuthorizationResponse {
  readonly parameters: URLSearchParams
  readonly transaction: Transaction
  readonly redirectUri: string
}

/**
 * The code for a verified identity: the response is judged, the code redeemed once, the ID token verified, userinfo
 * read and merged. Throws `LoginFault` or `ProviderFault`; no message holds a credential, however it is spelled.
 */
export async function exchangeCode(
  client: Client,
  response: AuthorizationResponse,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<Identity> {
  const { state, nonce, codeVerifier } = response.transaction
  const code = response.parameters.get('code') ?? ''
  const secret = client.settings.clientSecret?.reveal() ?? ''
  const credentials = [code, state, nonce, codeVerifier, secret]
  try {
    const configuration = createConfiguration(client, now, deadline)
    const tokens = await redeem(client, response, configuration, now)
    const { refreshToken } = tokens.answer
    credentials.push(tokens.accessToken, tokens.idToken, refreshToken ?? '')
    client.observer?.redeemed?.(refreshToken !== null)
    return await identify(client, response.transaction, tokens, configuration, now)
  } catch (thrown) {
    throw withoutCredentials(thrown, credentials)
  }
}

async function redeem(
  client: Client,
  { parameters, transaction, redirectUri }: AuthorizationResponse,
  configuration: Configuration,
  now: EpochSeconds,
): Promise<Tokens> {
  const { settings, metadata } = client
  if (!isSameProvider(transaction, settings))
    throw new LoginFault('LOGIN_STATE_UNKNOWN', `the sign-in began at another provider than ${settings.name}`)
  const issuerInResponse = metadata.issuerInResponse || settings.responseIssRequired
  const wish = transaction.wish ?? plainWish
  const silent = asksNobody(settings) && !isSecondAttempt(transaction) && !asksSomebody(wish)
  const { state } = transaction
  const steppingUp = wish.stepUp !== null
  const code = readCallback(parameters, { ...metadata, issuerInResponse, state, silent, steppingUp })
  return redeemCode(configuration, client, transaction, redirectUri, code, now)
}

function asksSomebody({ otherAccount, stepUp }: AuthorizationWish): boolean {
  return otherAccount || (stepUp !== null && stepUp.prompt !== null)
}

async function identify(
  { settings, metadata, keys }: Client,
  { nonce }: Transaction,
  { idToken, accessToken, answer }: Tokens,
  configuration: Configuration,
  now: EpochSeconds,
): Promise<Identity> {
  const expected = tokenExpectation(settings, metadata)
  const verified = await verifyIdToken(idToken, { ...expected, nonce, accessToken }, keys, now)
  checkAssurance(verified.claims, settings.authorizationParameters, now)

  const source = userinfoSource(settings, metadata)
  const subject = { ...expected, sub: verified.sub, overTls: source?.overTls === true }
  const userinfo =
    source === null ? null : await fetchUserinfo(configuration, source.endpoint, accessToken, subject, keys)
  const claims = mergeClaims(verified.claims, userinfo, settings.claimsFrom)
  const id = readUserId(claims, settings)
  if (!id.ok)
    throw new LoginFault('LOGIN_USER_ID_INVALID', `user_id is read from ${settings.userId}: ${id.reason}`)
  const { sub, sid, issuedAt } = verified
  return {
    user: id.user,
    claims,
    idToken,
    subject: sub,
    sid,
    issuedAt,
    // Where the answer does not say, RFC 6749 5.1 means those that were asked for. Whoever signs in can edit them out of
    // the address, so nobody knows which these were.
    scopes: answer.scopes ?? [],
    tokens: keptTokens(answer),
  }
}
