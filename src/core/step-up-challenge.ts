import type { EpochSeconds } from './session/session.ts'
import { type Assurance, askedMaxAgeSeconds, type StepUp, unmetDemands } from './step-up.ts'

/**
 * What a program is told by `WWW-Authenticate` where a step-up is needed, behind the scheme: RFC 9470 section 3, and where
 * scopes alone are missing RFC 6750 section 3.1. All that is wanted is told, not only what is missing.
 */
export function stepUpChallenge(stepUp: StepUp, assurance: Assurance, now: EpochSeconds): string {
  const unmet = unmetDemands(stepUp, assurance, now)
  const isScopeAlone = unmet.every((demand) => demand === 'scopes')
  const maxAge = askedMaxAgeSeconds(stepUp)
  const parameters: readonly (readonly [string, string])[] = [
    ['error', isScopeAlone ? 'insufficient_scope' : 'insufficient_user_authentication'],
    ...(stepUp.acrValues.length === 0 ? [] : [['acr_values', stepUp.acrValues.join(' ')] as const]),
    ...(maxAge === null ? [] : [['max_age', String(maxAge)] as const]),
    ...(stepUp.scopes.length === 0 ? [] : [['scope', stepUp.scopes.join(' ')] as const]),
  ]
  return parameters.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')
}

/** RFC 9110 5.6.4. */
function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
