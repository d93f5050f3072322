import { type Configuration, fetchProtectedResource, WWWAuthenticateChallengeError } from 'openid-client'
import { isFault, LoginFault } from '../core/fault.ts'
import { type JsonObject, readJsonObject } from '../core/json-object.ts'
import { audienceProblem, issuerProblem } from './id-token.ts'
import { verifyJwt } from './jwt.ts'
import type { KeyCache } from './keys.ts'
import { quote } from './quote.ts'

/** What a userinfo answer must fit. */
export interface UserinfoExpectation {
  readonly issuer: string
  readonly clientId: string
  /** Of the verified ID token. */
  readonly sub: string
  readonly algorithms: readonly string[]
  /** Whether the endpoint is reached by TLS, and so is the provider's own. */
  readonly overTls: boolean
}

/**
 * OpenID Connect Core 5.3: the claims behind the access token, as JSON or as a signed JWT. An answer that is not
 * clearly about the person of the ID token ends the sign-in: `LoginFault` LOGIN_USERINFO_INVALID; `ProviderFault` when none comes.
 */
export async function fetchUserinfo(
  configuration: Configuration,
  endpoint: string,
  accessToken: string,
  expected: UserinfoExpectation,
  keys: KeyCache,
): Promise<JsonObject> {
  const answer = await ask(configuration, endpoint, accessToken)
  if (answer.status !== 200) throw invalid(`answered ${answer.status}, expected 200`)
  const type = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  const claims =
    type === 'application/jwt'
      ? await readSigned(await answer.text(), expected, keys)
      : await readPlain(answer, type)
  // 5.3.2: the access token may be somebody else's.
  if (claims.sub !== expected.sub) throw invalid('sub is not that of the ID token')
  return claims
}

async function ask(configuration: Configuration, endpoint: string, accessToken: string): Promise<Response> {
  const headers = new Headers({ accept: 'application/json, application/jwt' })
  try {
    return await fetchProtectedResource(configuration, accessToken, new URL(endpoint), 'GET', null, headers)
  } catch (thrown) {
    if (thrown instanceof WWWAuthenticateChallengeError)
      throw invalid(`answered ${thrown.status}: it does not accept the access token; do the scopes allow it?`)
    if (thrown instanceof Error && isFault(thrown.cause)) throw thrown.cause
    throw isFault(thrown) ? thrown : invalid('the request could not be made')
  }
}

async function readPlain(answer: Response, type: string | undefined): Promise<JsonObject> {
  if (type !== 'application/json')
    throw invalid(`answered ${quote(type)}, expected application/json or application/jwt`)
  const claims = readJsonObject(await answer.text())
  if (claims === null) throw invalid('the answer is no JSON object')
  return claims
}

/**
 * Signed with the algorithms of ID tokens, and made for us. `iss` and `aud` SHOULD be there (5.3.2): what is there must
 * be right, and where TLS does not say who speaks neither may be missing.
 */
async function readSigned(raw: string, expected: UserinfoExpectation, keys: KeyCache): Promise<JsonObject> {
  const verified = await verifyJwt(raw.trim(), expected.algorithms, keys)
  if (!verified.ok) throw invalid(`the signed answer is refused: ${verified.reason}`)
  const { claims } = verified
  const mustSay = (claim: 'iss' | 'aud') => !expected.overTls || claims[claim] !== undefined
  const problem =
    (mustSay('iss') ? issuerProblem(claims, expected.issuer) : null) ??
    (mustSay('aud') ? audienceProblem(claims, expected.clientId) : null)
  if (problem !== null) throw invalid(`the signed answer is refused: ${problem}`)
  return claims
}

function invalid(message: string): LoginFault {
  return new LoginFault('LOGIN_USERINFO_INVALID', `userinfo: ${message}`)
}
