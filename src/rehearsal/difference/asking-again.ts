import type { Gateway } from '../../core/gateway.ts'
import type { RecheckSettings } from '../../core/provider-settings.ts'
import type { StepUp } from '../../core/step-up.ts'
import { stepUpText } from '../../core/step-up-text.ts'
import type { Route, Sides } from '../access.ts'
import { recheckEffect, stepUpEffect } from './effect.ts'
import type { SettingChange } from './settings.ts'

/** What changes in how often providers are asked again. Of a provider that comes or goes the settings tell. */
export function recheckChanges({ before, after }: Sides<Gateway>): readonly SettingChange[] {
  return [...before.providers.values()].flatMap(({ name, recheck }) => {
    const other = after.providers.get(name)
    if (other === undefined || textOf(recheck) === textOf(other.recheck)) return []
    const effect = recheckEffect(recheck, other.recheck)
    const change = { before: textOf(recheck), after: textOf(other.recheck), effect }
    return [{ subject: `provider ${name}`, setting: 'recheck', ...change }]
  })
}

function textOf(recheck: RecheckSettings | null): string {
  if (recheck === null) return 'never'
  const { everySeconds, unansweredSeconds } = recheck
  return `every ${everySeconds}s${unansweredSeconds === null ? '' : `, unanswered ${unansweredSeconds}s`}`
}

/**
 * What changes in what a sign-in must bring at a place, whichever locations decide there. Null: nothing; or one of the
 * files asks for no sign-in there, of which the rules tell.
 */
export function stepUpChange(place: string, { before, after }: Sides<Route>): SettingChange | null {
  const [one, other] = [askedAt(before), askedAt(after)]
  if (one === undefined || other === undefined) return null
  const [was, is] = [one && stepUpText(one, 'values'), other && stepUpText(other, 'values')]
  if (was === is) return null
  return { subject: place, setting: 'step_up', before: was, after: is, effect: stepUpEffect(one, other) }
}

function askedAt({ location }: Route): StepUp | null | undefined {
  return location?.access.kind === 'rule' ? location.stepUp : undefined
}
