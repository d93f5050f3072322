import { holdsData } from './check.ts'
import type { ClaimCondition } from './rules.ts'
import type { Subject } from './subject.ts'

/** Whether a claim's name stands in the file: `{claim: "${env:NAME}"}` names one that is never printed. */
export function isNamedInFile(subject: Subject, condition: ClaimCondition): boolean {
  const place = subject.places.get(condition)
  return place === undefined || !holdsData(subject, [...place.path, 'claim'])
}

/** A claim as messages name it. */
export function conditionName(subject: Subject, condition: ClaimCondition): string {
  return isNamedInFile(subject, condition) ? `\`${condition.path}\`` : 'this claim'
}

/** The operands of a condition as a person would write them; null when they came from outside the file. */
export function operandsOf(subject: Subject, condition: ClaimCondition): string | null {
  const place = subject.places.get(condition)
  return place === undefined || holdsData(subject, place.path) ? null : condition.matcher.text
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}
