import {
  allowInsecureRequests,
  authorizationCodeGrant,
  Configuration,
  clockSkew,
  clockTolerance,
  customFetch,
} from 'openid-client'
import { ProviderFault } from '../core/fault.ts'
import type { ProviderSettings } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { Transaction } from '../core/session/transaction.ts'
import { acceptedAlgorithms } from './algorithms.ts'
import { type ClientAuthFor, proofKeys } from './client-auth.ts'
import { tokenFault } from './fault.ts'
import { canonicalRedirectUri } from './login.ts'
import type { Metadata } from './metadata.ts'
import { type TokenAnswer, takeAnswer } from './token-answer.ts'
import type { Transport } from './transport.ts'

/** We, as one provider knows us. */
export interface Registration {
  readonly settings: ProviderSettings
  readonly metadata: Metadata
  readonly transport: Transport
  readonly clientAuth: ClientAuthFor
}

export interface Tokens {
  /** As received: openid-client has looked at its claims, nobody yet at its signature. */
  readonly idToken: string
  readonly accessToken: string
  readonly answer: TokenAnswer
}

/**
 * Wider than ours, as the library goes on counting while the provider answers. Times are judged in id-token.ts, by the
 * moment at which the answer was asked for.
 */
const libraryToleranceSeconds = 120

/**
 * openid-client's view of a registration, for one sign-in: it carries the clock and the deadline of that sign-in
 * into the library, which has them from the process otherwise.
 */
export function createConfiguration(
  { settings, metadata, transport, clientAuth }: Registration,
  now: EpochSeconds,
  deadline: AbortSignal,
): Configuration {
  const configuration = new Configuration(
    {
      issuer: metadata.issuer,
      token_endpoint: metadata.tokenEndpoint,
      authorization_response_iss_parameter_supported: metadata.issuerInResponse,
      // The library would take the metadata's word for what is acceptable, `none` included (RFC 8725 3.1).
      id_token_signing_alg_values_supported: [...acceptedAlgorithms(settings, metadata.idTokenAlgorithms)],
    },
    settings.clientId,
    { [clockSkew]: now - Math.floor(Date.now() / 1000), [clockTolerance]: libraryToleranceSeconds },
    clientAuth(metadata),
  )
  configuration[customFetch] = (address, { method, headers, body }) =>
    transport.request(address, { method, headers, body: toText(body) }, deadline)
  // Which addresses may be http was decided when the metadata was read.
  const addresses = [metadata.tokenEndpoint, metadata.userinfoEndpoint ?? '']
  if (addresses.some((address) => address.startsWith('http:'))) allowInsecureRequests(configuration)
  return configuration
}

function toText(body: unknown): string | null {
  return typeof body === 'string' || body instanceof URLSearchParams ? String(body) : null
}

/** RFC 6749 4.1.3, once: a code is never sent a second time. Throws `LoginFault` or `ProviderFault`. */
export async function redeemCode(
  configuration: Configuration,
  { settings, metadata }: Registration,
  transaction: Transaction,
  redirectUri: string,
  code: string,
  now: EpochSeconds,
): Promise<Tokens> {
  const url = new URL(canonicalRedirectUri(redirectUri))
  url.searchParams.set('code', code)
  url.searchParams.set('state', transaction.state)
  if (metadata.issuerInResponse) url.searchParams.set('iss', metadata.issuer)
  // The library refuses every token for several parties that has no `azp`, and takes no list of those that are trusted.
  const hidesIdToken = settings.extraAudiences.length > 0
  const answer = takeAnswer(configuration, now, hidesIdToken ? ['id_token'] : [])
  const checks = {
    expectedState: transaction.state,
    pkceCodeVerifier: transaction.codeVerifier,
    ...(hidesIdToken ? {} : { expectedNonce: transaction.nonce, idTokenExpected: true }),
  }
  try {
    const tokens = await authorizationCodeGrant(configuration, url, checks)
    checkTokenType(tokens.token_type)
    const idToken = hidesIdToken ? answer.taken.idToken : tokens.id_token
    if (typeof idToken !== 'string')
      throw new ProviderFault('PROVIDER_RESPONSE_INVALID', 'the token endpoint: id_token is no text')
    return { idToken, accessToken: tokens.access_token, answer: answer.taken }
  } catch (thrown) {
    const secret = settings.clientSecret?.reveal() ?? ''
    throw tokenFault(thrown, {
      credentials: [code, transaction.codeVerifier, transaction.state, transaction.nonce, secret],
      proofKeys: proofKeys(settings, metadata),
    })
  }
}

/** openid-client also takes DPoP, which we did not ask for. */
export function checkTokenType(type: string): void {
  if (type !== 'bearer')
    throw new ProviderFault('PROVIDER_RESPONSE_INVALID', 'the token endpoint: token_type is not Bearer')
}
