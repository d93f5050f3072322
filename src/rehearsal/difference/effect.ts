import type { RecheckSettings } from '../../core/provider-settings.ts'
import type { StepUp } from '../../core/step-up.ts'

/** What a change does to those who are signed in: `both` where something is looser and something else stricter. */
export type Effect = 'looser' | 'stricter' | 'both'

/** Null: neither. */
export function stepUpEffect(before: StepUp | null, after: StepUp | null): Effect | null {
  return effectOf(!asksAtLeast(after, before), !asksAtLeast(before, after))
}

/** Null: neither. */
export function recheckEffect(before: RecheckSettings | null, after: RecheckSettings | null): Effect | null {
  return effectOf(!comesAtLeast(after, before), !comesAtLeast(before, after))
}

function effectOf(looser: boolean, stricter: boolean): Effect | null {
  if (looser) return stricter ? 'both' : 'looser'
  return stricter ? 'stricter' : null
}

/** Whether whatever meets one step-up meets the other. Parameters that nothing checks do not count. */
function asksAtLeast(one: StepUp | null, other: StepUp | null): boolean {
  if (other === null) return true
  if (one === null) return false
  const acr =
    other.acrValues.length === 0 || (one.acrValues.length > 0 && isWithin(one.acrValues, other.acrValues))
  const context = other.authContext === null || one.authContext === other.authContext
  const ages =
    isAtMost(one.maxAgeSeconds, other.maxAgeSeconds) && isAtMost(one.lastsSeconds, other.lastsSeconds)
  const login = !asksToLogIn(other) || asksToLogIn(one)
  return acr && context && ages && login && isWithin(other.scopes, one.scopes)
}

function asksToLogIn({ prompt }: StepUp): boolean {
  return prompt?.split(' ').includes('login') === true
}

function comesAtLeast(one: RecheckSettings | null, other: RecheckSettings | null): boolean {
  if (other === null) return true
  if (one === null || one.everySeconds > other.everySeconds) return false
  return isAtMost(one.unansweredSeconds, other.unansweredSeconds)
}

/** Null: no bound. */
function isAtMost(one: number | null, other: number | null): boolean {
  return other === null || (one !== null && one <= other)
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one))
}
