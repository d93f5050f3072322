import { LogoutFault } from '../core/fault.ts'
import type { JsonObject } from '../core/json-object.ts'
import { type LogoutToken, readLogoutClaims, readUnverifiedClaims } from '../core/session/logout-token.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import {
  audienceProblem,
  authorizedPartyProblem,
  type IdTokenExpectation,
  issuerProblem,
} from './id-token.ts'
import { verifyJwt } from './jwt.ts'
import type { KeyCache } from './keys.ts'

/** What the logout tokens of one provider must say; as its ID tokens do. */
export type LogoutTokenExpectation = Pick<
  IdTokenExpectation,
  'issuer' | 'clientId' | 'extraAudiences' | 'algorithms'
>

/**
 * OpenID Connect Back-Channel Logout 1.0, 2.6, but for the `jti`, which the store spends. What needs no key is judged
 * first, so that a token that is wrong in any other way costs no signature. Throws `LogoutFault` LOGOUT_TOKEN_INVALID,
 * LOGOUT_CLOCK_DIFFERS (before any key is asked for), LOGOUT_SIGNATURE_INVALID, LOGOUT_KEY_UNKNOWN, or `ProviderFault`
 * when the keys cannot be had.
 */
export async function verifyLogoutToken(
  raw: string,
  expected: LogoutTokenExpectation,
  keys: KeyCache,
  now: EpochSeconds,
): Promise<LogoutToken> {
  const seen = readUnverifiedClaims(raw)
  if (seen === null) throw invalid('its claims cannot be read')
  judge(seen, expected, now)
  const verified = await verifyJwt(raw, expected.algorithms, keys, 'logout token')
  if (verified.ok) return judge(verified.claims, expected, now)
  const code = verified.unasked === true ? 'LOGOUT_KEY_UNKNOWN' : 'LOGOUT_SIGNATURE_INVALID'
  throw new LogoutFault(code, `the logout token is refused: ${verified.reason}`)
}

function judge(claims: JsonObject, expected: LogoutTokenExpectation, now: EpochSeconds): LogoutToken {
  const problem =
    issuerProblem(claims, expected.issuer) ??
    audienceProblem(claims, expected.clientId) ??
    authorizedPartyProblem(claims, expected)
  if (problem !== null) throw invalid(problem)
  const read = readLogoutClaims(claims, now)
  if (read.ok) return { issuer: expected.issuer, ...read.token }
  if (read.about === 'form') throw invalid(read.reason)
  throw new LogoutFault('LOGOUT_CLOCK_DIFFERS', `the logout token is refused: ${read.reason}`)
}

function invalid(reason: string): LogoutFault {
  return new LogoutFault('LOGOUT_TOKEN_INVALID', `the logout token is refused: ${reason}`)
}
