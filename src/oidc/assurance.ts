import { LoginFault } from '../core/fault.ts'
import type { JsonObject } from '../core/json-object.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { quote } from './quote.ts'

const toleranceSeconds = 60

/**
 * OpenID Connect Core 3.1.3.7 (11-13): a configured `max_age` or `acr_values` is a demand, and the provider may not
 * have met it. It holds for a step-up too: what that asks for belongs into `acr_values`. Throws `LoginFault` LOGIN_REFUSED.
 */
export function checkAssurance(
  idToken: JsonObject,
  parameters: ReadonlyMap<string, string>,
  now: EpochSeconds,
): void {
  const maxAge = parameters.get('max_age')
  const { auth_time: authTime } = idToken
  if (maxAge !== undefined && !isWithin(Number(maxAge), authTime, now))
    throw new LoginFault('LOGIN_REFUSED', `auth_time is ${quote(authTime)}, and max_age is ${quote(maxAge)}`)
  const problem = acrProblem(idToken, parameters)
  if (problem !== null) throw new LoginFault('LOGIN_REFUSED', problem)
}

/** The half of it that holds for as long as a session does, in words; null when nothing is wrong. */
export function acrProblem({ acr }: JsonObject, parameters: ReadonlyMap<string, string>): string | null {
  const acrValues = parameters.get('acr_values')
  if (acrValues === undefined) return null
  if (typeof acr === 'string' && acrValues.split(' ').includes(acr)) return null
  return `acr is ${quote(acr)}, and acr_values is ${quote(acrValues)}`
}

/** A time that is still to come, such as one in milliseconds, says nothing of how long ago somebody signed in. */
function isWithin(maxAgeSeconds: number, authTime: unknown, now: EpochSeconds): boolean {
  return (
    typeof authTime === 'number' &&
    authTime + maxAgeSeconds + toleranceSeconds >= now &&
    authTime <= now + toleranceSeconds
  )
}
