import type { StepUp } from './step-up.ts'

/** Whether whatever meets one step-up meets the other. Parameters that nothing checks do not count. Null: asks for nothing. */
export function asksAtLeast(one: StepUp | null, other: StepUp | null): boolean {
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

/** Null: no bound. */
function isAtMost(one: number | null, other: number | null): boolean {
  return other === null || (one !== null && one <= other)
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one))
}
