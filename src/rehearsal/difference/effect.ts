import type { RecheckSettings } from '../../core/provider-settings.ts'
import type { StepUp } from '../../core/step-up.ts'
import { asksAtLeast } from '../../core/step-up-order.ts'

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

function comesAtLeast(one: RecheckSettings | null, other: RecheckSettings | null): boolean {
  if (other === null) return true
  if (one === null || one.everySeconds > other.everySeconds) return false
  return isAtMost(one.unansweredSeconds, other.unansweredSeconds)
}

/** Null: no bound. */
function isAtMost(one: number | null, other: number | null): boolean {
  return other === null || (one !== null && one <= other)
}
