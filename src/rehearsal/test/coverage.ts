import type { Location } from '../../core/gateway.ts'
import type { Condition } from '../../core/rules/requirement.ts'
import { conditionsOf } from '../conditions.ts'
import type { Result } from './result.ts'
import type { TestedCondition, TestedLocation, TestedRules } from './rules.ts'

/** What the tests have seen of the rules. */
export interface Coverage {
  readonly locations: readonly LocationCoverage[]
  readonly conditions: readonly ConditionCoverage[]
}

export interface LocationCoverage {
  readonly tested: TestedLocation
  /** How many tests were judged there, and how many of them were not let in. */
  readonly tests: number
  readonly refused: number
  /** False for a location that is open to anyone: it never refuses. */
  readonly refuses: boolean
}

export interface ConditionCoverage {
  readonly tested: TestedCondition
  /** How many tests saw it hold, and fail to hold. */
  readonly met: number
  readonly missed: number
}

interface Count {
  yes: number
  no: number
}

/** Counts what the tests' own judgements saw; nothing is judged again. */
export function coverageOf(rules: TestedRules, results: readonly Result[]): Coverage {
  const locations = new Map<Location, Count>()
  const conditions = new Map<Condition, Count>()
  for (const { ruling, outcome } of results) {
    const { location } = ruling.admission
    if (location === null) continue
    count(locations, location, outcome === 'allow')
    if (location.access.kind !== 'rule') continue
    for (const [index, condition] of conditionsOf(location.access.requirement).entries()) {
      const truth = ruling.rows[index]?.truth
      // Before a sign-in a claim is neither there nor not.
      const judged =
        truth !== 'unknown' || ruling.admission.principal !== null || condition.kind === 'signed_in'
      if (truth !== undefined && judged) count(conditions, condition, truth === true)
    }
  }
  return {
    locations: rules.locations.map((tested) => {
      const { yes, no } = locations.get(tested.location) ?? { yes: 0, no: 0 }
      return { tested, tests: yes + no, refused: no, refuses: refuses(tested.location) }
    }),
    conditions: rules.conditions.map((tested) => {
      const counts = [...tested.conditions].map((one) => conditions.get(one) ?? { yes: 0, no: 0 })
      return { tested, met: sum(counts.map(({ yes }) => yes)), missed: sum(counts.map(({ no }) => no)) }
    }),
  }
}

function refuses({ access }: Location): boolean {
  switch (access.kind) {
    case 'anyone':
    case 'maybe_signed_in':
      return false
    case 'nobody':
    case 'rule':
      return true
  }
}

function count<Key>(counts: Map<Key, Count>, key: Key, yes: boolean): void {
  const known = counts.get(key) ?? { yes: 0, no: 0 }
  if (yes) known.yes += 1
  else known.no += 1
  counts.set(key, known)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
