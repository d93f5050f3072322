import type { Json } from './json.ts'
import { isList } from './json.ts'
import type { Claims } from './rules/claims.ts'
import { clockToleranceSeconds, type EpochSeconds } from './session/session.ts'

/**
 * What a location wants of a sign-in beyond its rule: asked for in the authorization request, and checked in what came
 * of it (RFC 9470, OpenID Connect Core 3.1.2.1 and 3.1.3.7). The app's and the location's, put together.
 */
export interface StepUp {
  /** `acr` must be one of these; empty: not asked for. */
  readonly acrValues: readonly string[]
  /** The list claim `acrs` must hold it: Entra's Conditional Access, which knows no `acr_values`. */
  readonly authContext: string | null
  /** How old `auth_time` may be as the sign-in comes back. */
  readonly maxAgeSeconds: number | null
  /** How old it may be as a request arrives; null: as `maxAgeSeconds`, or no bound by time. */
  readonly lastsSeconds: number | null
  /** Scopes that must have been granted. */
  readonly scopes: readonly string[]
  readonly prompt: string | null
  readonly authorizationParameters: ReadonlyMap<string, string>
}

/** How and for what somebody signed in, as a session keeps it, or as a token says of itself. */
export interface Assurance {
  readonly claims: Claims
  /** Granted ones (RFC 6749 5.1). */
  readonly scopes: readonly string[]
}

/** The sign-in that a step-up was asked of. */
export interface SignInTimes {
  readonly startedAt: EpochSeconds
  /** When it came back. */
  readonly now: EpochSeconds
}

/** What of a step-up can be met or not. */
export type StepUpDemand = 'acr_values' | 'auth_context' | 'max_age' | 'lasts' | 'prompt' | 'scopes'

/**
 * Whether a request may pass by what is known of the sign-in. What is missing, of another type or not in the order of
 * time is no. Never throws.
 */
export function stepUpMet(stepUp: StepUp, assurance: Assurance, now: EpochSeconds): boolean {
  return unmetDemands(stepUp, assurance, now).length === 0
}

/** What of it a request does not meet. */
export function unmetDemands(
  stepUp: StepUp,
  { claims, scopes }: Assurance,
  now: EpochSeconds,
): readonly StepUpDemand[] {
  const { acrValues, authContext } = stepUp
  const lastsSeconds = lastingSeconds(stepUp)
  const acr = ownClaim(claims, 'acr')
  const unmet: StepUpDemand[] = []
  if (acrValues.length > 0 && !(typeof acr === 'string' && acrValues.includes(acr))) unmet.push('acr_values')
  if (authContext !== null && !holds(ownClaim(claims, 'acrs'), authContext)) unmet.push('auth_context')
  if (lastsSeconds !== null && !isRecent(ownClaim(claims, 'auth_time'), lastsSeconds, now))
    unmet.push(stepUp.lastsSeconds === null ? 'max_age' : 'lasts')
  if (!stepUp.scopes.every((scope) => scopes.includes(scope))) unmet.push('scopes')
  return unmet
}

/**
 * Whether the sign-in that was asked for it brought it: what every request is held to, and how long ago and since when
 * somebody was really asked, which later requests cannot tell.
 */
export function stepUpReturned(stepUp: StepUp, assurance: Assurance, times: SignInTimes): boolean {
  return unreturnedDemands(stepUp, assurance, times).length === 0
}

/** What of it the sign-in did not bring. */
export function unreturnedDemands(
  stepUp: StepUp,
  assurance: Assurance,
  { startedAt, now }: SignInTimes,
): readonly StepUpDemand[] {
  const { maxAgeSeconds, prompt } = stepUp
  const authTime = ownClaim(assurance.claims, 'auth_time')
  const unmet = new Set(unmetDemands(stepUp, assurance, now))
  if (maxAgeSeconds !== null && !isRecent(authTime, maxAgeSeconds, now)) unmet.add('max_age')
  // The provider may run behind us by as much as clocks may differ.
  const wasAsked = isRecent(authTime, Math.max(0, now - startedAt), now)
  if (prompt?.split(' ').includes('login') && !wasAsked) unmet.add('prompt')
  return [...unmet]
}

/**
 * The `max_age` to ask the provider for; null: none. What must not be older when a request arrives is too old when it
 * comes back, so the shorter of both times: else a provider would go on answering with what is refused.
 */
export function askedMaxAgeSeconds({ maxAgeSeconds, lastsSeconds }: StepUp): number | null {
  if (maxAgeSeconds === null || lastsSeconds === null) return maxAgeSeconds ?? lastsSeconds
  return Math.min(maxAgeSeconds, lastsSeconds)
}

/** The claims by which it is judged: what keeps claims has to keep these. */
export function claimsOfStepUp(stepUp: StepUp): readonly string[] {
  const asksForTime = askedMaxAgeSeconds(stepUp) !== null || stepUp.prompt !== null
  return [
    ...(stepUp.acrValues.length > 0 ? ['acr'] : []),
    ...(stepUp.authContext === null ? [] : ['acrs']),
    ...(asksForTime ? ['auth_time'] : []),
  ]
}

/** Whether both ask for the same, in whatever order values are written. */
export function isSameStepUp(a: StepUp | null, b: StepUp | null): boolean {
  if (a === null || b === null) return a === b
  return (
    isSameSet(a.acrValues, b.acrValues) &&
    a.authContext === b.authContext &&
    a.maxAgeSeconds === b.maxAgeSeconds &&
    lastingSeconds(a) === lastingSeconds(b) &&
    isSameSet(a.scopes, b.scopes) &&
    a.prompt === b.prompt &&
    isSameSet([...a.authorizationParameters].map(pairText), [...b.authorizationParameters].map(pairText))
  )
}

/**
 * What an honest provider says after the step-up, for who tries rules out: all but the time of the sign-in, which is
 * theirs to say.
 */
export function assuranceOf({ acrValues, authContext, scopes }: StepUp, before: Assurance): Assurance {
  const [acr] = acrValues
  const known = ownClaim(before.claims, 'acrs')
  const acrs = known !== undefined && isList(known) ? known : []
  return {
    claims: {
      ...before.claims,
      ...(acr === undefined ? {} : { acr }),
      ...(authContext === null ? {} : { acrs: [...acrs, authContext] }),
    },
    scopes: [...new Set([...before.scopes, ...scopes])],
  }
}

function lastingSeconds({ maxAgeSeconds, lastsSeconds }: StepUp): number | null {
  return lastsSeconds ?? maxAgeSeconds
}

/** A time that is still to come, such as one in milliseconds, says nothing of how long ago somebody signed in. */
function isRecent(authTime: Json | undefined, seconds: number, now: EpochSeconds): boolean {
  return (
    typeof authTime === 'number' &&
    authTime + seconds + clockToleranceSeconds >= now &&
    authTime <= now + clockToleranceSeconds
  )
}

function holds(list: Json | undefined, value: string): boolean {
  return list !== undefined && isList(list) && list.includes(value)
}

/** Claims come from outside: what stands on a prototype is none of theirs. */
function ownClaim(claims: Claims, name: string): Json | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.every((one) => b.includes(one)) && b.every((one) => a.includes(one))
}

function pairText(pair: readonly [string, string]): string {
  return JSON.stringify(pair)
}
