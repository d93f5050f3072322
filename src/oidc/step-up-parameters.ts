import { isObject } from '../core/json.ts'
import { readJsonObject } from '../core/json-object.ts'
import { askedMaxAgeSeconds, type StepUp } from '../core/step-up.ts'

/**
 * What a step-up asks for in an authorization request, over what the configuration asks for at every sign-in: `acr_values` and
 * `max_age` (OpenID Connect Core 3.1.2.1), and the context in `claims` (5.5), beside what already stands there. Scopes and
 * `prompt` are not among them.
 */
export function stepUpParameters(
  stepUp: StepUp,
  configured: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const asked = new Map(stepUp.authorizationParameters)
  if (stepUp.acrValues.length > 0) asked.set('acr_values', stepUp.acrValues.join(' '))
  const maxAgeSeconds = askedMaxAgeSeconds(stepUp)
  const before = asked.get('max_age') ?? configured.get('max_age')
  if (maxAgeSeconds !== null) asked.set('max_age', smaller(maxAgeSeconds, before))
  if (stepUp.authContext !== null)
    asked.set('claims', withContext(asked.get('claims') ?? configured.get('claims'), stepUp.authContext))
  return asked
}

/** What is configured is a demand too: see `checkAssurance`. */
function smaller(seconds: number, other: string | undefined): string {
  return other !== undefined && Number(other) < seconds ? other : String(seconds)
}

/** Entra’s Conditional Access: a claims request for `acrs`. A text that is no JSON object could be joined with nothing. */
function withContext(claims: string | undefined, context: string): string {
  const request = readJsonObject(claims ?? '{}') ?? {}
  const ofIdToken = isObject(request.id_token) ? request.id_token : {}
  const acrs = { essential: true, value: context }
  return JSON.stringify({ ...request, id_token: { ...ofIdToken, acrs } })
}
