import { createHmac } from 'node:crypto'
import type { ExchangeClient } from '../../core/credential/exchange-settings.ts'
import { ProviderFault } from '../../core/fault.ts'
import { isObject } from '../../core/json.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import type { Pair, PairRefresh } from '../../core/provider-port.ts'
import type { ProviderSettings } from '../../core/provider-settings.ts'
import { readUnverifiedClaims } from '../../core/session/logout-token.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { readTokenAnswer, type TokenAnswer } from '../token-answer.ts'
import type { Transport } from '../transport.ts'
import { challengeRefusal, errorOf, refusalOf } from './cognito-refusal.ts'

/** Of a user pool, the client that asks. */
export interface UserPool {
  readonly settings: ProviderSettings
  readonly client: ExchangeClient
  readonly transport: Transport
}

export type InitiatedAuth =
  | { readonly kind: 'granted'; readonly answer: TokenAnswer }
  | { readonly kind: 'refused'; readonly detail: string; readonly cure: string | null }

/**
 * `InitiateAuth` with a user's name and password. Cognito has no grant of OAuth for it. A challenge is a refusal: nobody is
 * there to answer it. Throws a `ProviderFault` where the answer says nothing of the pair.
 */
export function askWithPassword(
  pool: UserPool,
  { id, secret }: Pair,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<InitiatedAuth> {
  const parameters = { USERNAME: id, PASSWORD: secret, ...secretHash(pool.client, id) }
  return initiate(pool, { flow: 'USER_PASSWORD_AUTH', parameters, hidden: [secret, id] }, now, deadline)
}

/** The same by the refresh token of an earlier answer: no password is sent, and no wrong one that others send locks it out. */
export function askWithRefreshToken(
  pool: UserPool,
  { token, user }: PairRefresh,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<InitiatedAuth> {
  // By the name in the pool, which may be another one than that by which the user was found.
  const parameters = { REFRESH_TOKEN: token, ...secretHash(pool.client, user) }
  return initiate(pool, { flow: 'REFRESH_TOKEN_AUTH', parameters, hidden: [token, user] }, now, deadline)
}

/** What stands in for the password from now on; `former`: where none came anew. */
export function refreshOf(
  { refreshToken, accessToken }: TokenAnswer,
  former: PairRefresh | null,
  now: EpochSeconds,
): PairRefresh | null {
  if (former !== null) return refreshToken === null ? former : { ...former, token: refreshToken }
  const user = readUnverifiedClaims(accessToken ?? '')?.username
  if (refreshToken === null || typeof user !== 'string') return null
  return { token: refreshToken, user, secretSentAt: now }
}

function secretHash({ clientId, clientSecret }: ExchangeClient, user: string): { SECRET_HASH?: string } {
  if (clientSecret === null) return {}
  const hash = createHmac('sha256', clientSecret.reveal())
  return { SECRET_HASH: hash.update(user + clientId).digest('base64') }
}

interface Flow {
  readonly flow: 'USER_PASSWORD_AUTH' | 'REFRESH_TOKEN_AUTH'
  readonly parameters: Readonly<Record<string, string>>
  /** What no message repeats. */
  readonly hidden: readonly string[]
}

async function initiate(
  { settings, client, transport }: UserPool,
  { flow, parameters, hidden }: Flow,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<InitiatedAuth> {
  const body = JSON.stringify({ AuthFlow: flow, ClientId: client.clientId, AuthParameters: parameters })
  // Of the issuer itself: no metadata may say where passwords go.
  const address = new URL('/', settings.issuer).href
  const answer = await transport.request(address, { method: 'POST', headers, body }, deadline)
  const document = readJsonObject(await answer.text())
  if (document === null) throw invalid(`InitiateAuth answered ${answer.status} and no JSON object`)
  const secrets = [...hidden, client.clientSecret?.reveal() ?? '']
  if (answer.status !== 200) return refusalOf(errorOf(document), settings, secrets)
  const { ChallengeName: challenge } = document
  if (challenge !== undefined && challenge !== null) return challengeRefusal(challenge, settings)
  return { kind: 'granted', answer: readResult(document.AuthenticationResult, now) }
}

const headers = {
  accept: 'application/x-amz-json-1.1',
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
}

function readResult(result: JsonObject[string] | undefined, now: EpochSeconds): TokenAnswer {
  if (!isObject(result)) throw invalid('InitiateAuth answered neither tokens nor a challenge')
  if (typeof result.TokenType !== 'string' || result.TokenType.toLowerCase() !== 'bearer')
    throw invalid('InitiateAuth: TokenType is not Bearer')
  const answer = readTokenAnswer(
    {
      ...(result.AccessToken === undefined ? {} : { access_token: result.AccessToken }),
      ...(result.IdToken === undefined ? {} : { id_token: result.IdToken }),
      ...(result.RefreshToken === undefined ? {} : { refresh_token: result.RefreshToken }),
      ...(result.ExpiresIn === undefined ? {} : { expires_in: result.ExpiresIn }),
    },
    now,
  )
  if (answer.accessToken === null) throw invalid('InitiateAuth: AccessToken cannot be used')
  return answer
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
}
