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
  /** Of the verified ID token; null: whoever it is about is believed. */
  readonly sub: string | null
  readonly algorithms: readonly string[]
  /** Whether the endpoint is reached by TLS, and so is the provider's own. */
  readonly overTls: boolean
}

/** What came of asking userinfo; the reason is for operators. */
export type UserinfoRead =
  | { readonly ok: true; readonly claims: JsonObject }
  | {
      readonly ok: false
      /**
       * `refused`: the access token is not accepted (RFC 6750 3.1). `subject`: it is about somebody else. `signature`: it is
       * signed, and not as it should be. `answer`: it is no answer of a userinfo endpoint.
       */
      readonly about: 'refused' | 'subject' | 'signature' | 'answer'
      readonly reason: string
    }

/** OpenID Connect Core 5.3: the claims behind the access token, as JSON or as a signed JWT. Throws `ProviderFault` when no answer comes. */
export async function readUserinfo(
  configuration: Configuration,
  endpoint: string,
  accessToken: string,
  expected: UserinfoExpectation,
  keys: KeyCache,
): Promise<UserinfoRead> {
  const answer = await ask(configuration, endpoint, accessToken)
  return answer instanceof Response ? readUserinfoAnswer(answer, expected, keys) : answer
}

/** An answer of the endpoint, however it was asked. Throws `ProviderFault` when the keys of a signed one cannot be had. */
export async function readUserinfoAnswer(
  answer: Response,
  expected: UserinfoExpectation,
  keys: KeyCache,
): Promise<UserinfoRead> {
  if (answer.status === 401) return failed('refused', 'answered 401, expected 200')
  if (answer.status !== 200) return failed('answer', `answered ${answer.status}, expected 200`)
  const type = answer.headers.get('content-type')?.split(';')[0]?.trim()
  const read =
    type?.toLowerCase() === 'application/jwt'
      ? await readSigned(await answer.text(), expected, keys)
      : await readPlain(answer, type)
  // 5.3.2: the access token may be somebody else's.
  if (read.ok && expected.sub !== null && read.claims.sub !== expected.sub)
    return failed('subject', 'sub is not that of the ID token')
  return read
}

/**
 * The same for a sign-in, which an answer that is not clearly about the person of the ID token ends: `LoginFault`
 * LOGIN_USERINFO_INVALID.
 */
export async function fetchUserinfo(...question: Parameters<typeof readUserinfo>): Promise<JsonObject> {
  const read = await readUserinfo(...question)
  if (read.ok) return read.claims
  throw new LoginFault('LOGIN_USERINFO_INVALID', `userinfo: ${read.reason}`)
}

async function ask(
  configuration: Configuration,
  endpoint: string,
  accessToken: string,
): Promise<Response | UserinfoRead> {
  const headers = new Headers({ accept: 'application/json, application/jwt' })
  try {
    return await fetchProtectedResource(configuration, accessToken, new URL(endpoint), 'GET', null, headers)
  } catch (thrown) {
    if (thrown instanceof WWWAuthenticateChallengeError)
      return failed(
        // Without a challenge 403 may be anybody's on the way; with one it is about the token.
        [401, 403].includes(thrown.status) ? 'refused' : 'answer',
        `answered ${thrown.status}: it does not accept the access token; do the scopes allow it?`,
      )
    if (thrown instanceof Error && isFault(thrown.cause)) throw thrown.cause
    if (isFault(thrown)) throw thrown
    return failed('answer', 'the request could not be made')
  }
}

async function readPlain(answer: Response, type: string | undefined): Promise<UserinfoRead> {
  // Quoted as it came: in lower case nobody would recognise a token that it repeats in base64.
  if (type?.toLowerCase() !== 'application/json')
    return failed('answer', `answered ${quote(type)}, expected application/json or application/jwt`)
  const claims = readJsonObject(await answer.text())
  return claims === null ? failed('answer', 'the answer is no JSON object') : { ok: true, claims }
}

/**
 * Signed with the algorithms of ID tokens, and made for us. `iss` and `aud` SHOULD be there (5.3.2): what is there must
 * be right, and where TLS does not say who speaks neither may be missing.
 */
async function readSigned(raw: string, expected: UserinfoExpectation, keys: KeyCache): Promise<UserinfoRead> {
  const verified = await verifyJwt(raw.trim(), expected.algorithms, keys)
  if (!verified.ok) return failed('signature', `the signed answer is refused: ${verified.reason}`)
  const { claims } = verified
  const mustSay = (claim: 'iss' | 'aud') => !expected.overTls || claims[claim] !== undefined
  const problem =
    (mustSay('iss') ? issuerProblem(claims, expected.issuer) : null) ??
    (mustSay('aud') ? audienceProblem(claims, expected.clientId) : null)
  return problem === null
    ? { ok: true, claims }
    : failed('signature', `the signed answer is refused: ${problem}`)
}

type Failed = Extract<UserinfoRead, { readonly ok: false }>

function failed(about: Failed['about'], reason: string): Failed {
  return { ok: false, about, reason }
}
