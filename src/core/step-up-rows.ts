import type { ConditionRow } from './decision.ts'
import { lookUp } from './rules/claims.ts'
import type { EpochSeconds } from './session/session.ts'
import { showFound, showOwn } from './show.ts'
import { type Assurance, type StepUp, type StepUpDemand, unmetDemands, unreturnedDemands } from './step-up.ts'

/** When it is asked; of a sign-in that comes back, when it began too. */
export interface StepUpTimes {
  readonly now: EpochSeconds
  readonly startedAt?: EpochSeconds
}

/** A step-up, one row for each thing that it demands: what `explain` prints and the log is told. */
export function stepUpRows(
  stepUp: StepUp,
  assurance: Assurance,
  { now, startedAt }: StepUpTimes,
): readonly ConditionRow[] {
  const unmet =
    startedAt === undefined
      ? unmetDemands(stepUp, assurance, now)
      : unreturnedDemands(stepUp, assurance, { startedAt, now })
  return demandsOf(stepUp, startedAt !== undefined).map((demand) => {
    const isMet = !unmet.includes(demand)
    const sides = sidesOf(demand, stepUp, { assurance, now })
    return { ...sides, truth: isMet, wanted: true, blocks: !isMet }
  })
}

/** What a step-up demands of every request, in words: `acr: one of phr, phrh`. */
export function stepUpWords(stepUp: StepUp): readonly string[] {
  return demandsOf(stepUp, false).map((demand) => {
    const { where, expected } = wantedOf(demand, stepUp)
    return `${where.slice(prefix.length)}: ${expected}`
  })
}

const prefix = 'step_up: '

function demandsOf(stepUp: StepUp, isReturning: boolean): readonly StepUpDemand[] {
  const { acrValues, authContext, maxAgeSeconds, lastsSeconds, scopes, prompt } = stepUp
  const hasMaxAge = maxAgeSeconds !== null && (isReturning || lastsSeconds === null)
  // What is young enough to come back is young enough for a request.
  const hasLasts = lastsSeconds !== null && !(hasMaxAge && maxAgeSeconds <= lastsSeconds)
  return [
    ...(acrValues.length > 0 ? (['acr_values'] as const) : []),
    ...(authContext === null ? [] : (['auth_context'] as const)),
    ...(hasMaxAge ? (['max_age'] as const) : []),
    ...(hasLasts ? (['lasts'] as const) : []),
    ...(isReturning && prompt?.split(' ').includes('login') ? (['prompt'] as const) : []),
    ...(scopes.length > 0 ? (['scopes'] as const) : []),
  ]
}

function wantedOf(demand: StepUpDemand, stepUp: StepUp): Pick<ConditionRow, 'where' | 'expected'> {
  const row = (name: string, expected: string) => ({ where: prefix + name, expected: showOwn(expected) })
  switch (demand) {
    case 'acr_values':
      return row('acr', oneOf(stepUp.acrValues))
    case 'auth_context':
      return row('acrs', `has ${stepUp.authContext ?? ''}`)
    case 'max_age':
      return row('auth_time', `at most ${ageText(stepUp.maxAgeSeconds ?? 0)} old`)
    case 'lasts':
      return row('auth_time', `at most ${ageText(stepUp.lastsSeconds ?? 0)} old`)
    case 'prompt':
      return row('auth_time', 'since this sign-in began')
    case 'scopes':
      return row('scopes', stepUp.scopes.join(' and '))
  }
}

type Sides = Pick<ConditionRow, 'where' | 'expected' | 'actual'>

function sidesOf(
  demand: StepUpDemand,
  stepUp: StepUp,
  { assurance, now }: { readonly assurance: Assurance; readonly now: EpochSeconds },
): Sides {
  const { claims, scopes } = assurance
  const actual = () => {
    switch (demand) {
      case 'acr_values':
        return showFound(lookUp(claims, 'acr'))
      case 'auth_context':
        return showFound(lookUp(claims, 'acrs'))
      case 'max_age':
      case 'lasts':
      case 'prompt':
        return timeText(assurance, now)
      case 'scopes':
        return scopes.length === 0 ? 'none granted' : showOwn(scopes.join(' '))
    }
  }
  return { ...wantedOf(demand, stepUp), actual: actual() }
}

function timeText({ claims }: Assurance, now: EpochSeconds): string {
  const found = lookUp(claims, 'auth_time')
  if (found.kind !== 'one' || typeof found.value !== 'number') return showFound(found)
  const age = now - found.value
  return age < 0 ? `${found.value}, which is still to come` : `${ageText(Math.floor(age))} old`
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values.join('') : `one of ${values.join(', ')}`
}

function ageText(seconds: number): string {
  if (seconds >= 7200) return `${Math.floor(seconds / 3600)}h`
  return seconds >= 120 ? `${Math.floor(seconds / 60)}m` : `${seconds}s`
}
