import { decodePairs } from '../pairs.ts'
import type { StepUp } from '../step-up.ts'

/** A step-up as it is sealed: a list, as attempts travel with every request. */
export function encodeStepUp(stepUp: StepUp): readonly unknown[] {
  const { acrValues, authContext, maxAgeSeconds, lastsSeconds, scopes, prompt } = stepUp
  const parameters = [...stepUp.authorizationParameters].flat()
  return [acrValues, authContext, maxAgeSeconds, lastsSeconds, scopes, prompt, parameters]
}

/** Null: it is none. Never throws. */
export function decodeStepUp(value: unknown): StepUp | null {
  if (!Array.isArray(value) || value.length !== 7) return null
  const [acrValues, authContext, maxAgeSeconds, lastsSeconds, scopes, prompt, parameters]: unknown[] = value
  const authorizationParameters = decodePairs(parameters)
  if (!isTexts(acrValues) || !isTexts(scopes) || authorizationParameters === null) return null
  if (!isTextOrNull(authContext) || !isTextOrNull(prompt)) return null
  if (!isSecondsOrNull(maxAgeSeconds) || !isSecondsOrNull(lastsSeconds)) return null
  return { acrValues, authContext, maxAgeSeconds, lastsSeconds, scopes, prompt, authorizationParameters }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function isSecondsOrNull(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
}
