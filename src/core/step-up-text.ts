import type { StepUp } from './step-up.ts'

/**
 * What a step-up asks for, as its keys say it: `acr_values phr mfa, max_age 300s`. Of parameters by which nothing is
 * checked `shown` says what is told.
 */
export function stepUpText(stepUp: StepUp, shown: 'names' | 'values'): string {
  const { acrValues, authContext, maxAgeSeconds, lastsSeconds, scopes, prompt } = stepUp
  const parts = [
    acrValues.length > 0 ? `acr_values ${acrValues.join(' ')}` : null,
    authContext === null ? null : `auth_context ${authContext}`,
    maxAgeSeconds === null ? null : `max_age ${maxAgeSeconds}s`,
    lastsSeconds === null || lastsSeconds === maxAgeSeconds ? null : `lasts ${lastsSeconds}s`,
    scopes.length > 0 ? `scopes ${scopes.join(' ')}` : null,
    prompt === null ? null : `prompt ${prompt}`,
    ...[...stepUp.authorizationParameters].map(([name, value]) =>
      shown === 'names' ? name : `${name}=${value}`,
    ),
  ]
  return parts.filter((part) => part !== null).join(', ')
}
