import type { Location } from '../core/gateway.ts'
import type { ClaimFact } from '../core/rules/claim-fact.ts'
import type { Identification } from '../core/rules/identification.ts'
import type { Matcher, Scalar } from '../core/rules/matcher.ts'
import { isWithin, openWay, type Way } from '../core/rules/way.ts'
import { type WaysIn, waysIn } from '../core/rules/ways-in.ts'

/** A location, and in what ways somebody can be identified there; null: none. */
export interface Place {
  readonly location: Location | null
  readonly accepted: readonly Identification[]
}

/** Every way to be let in at a location; none where there is no location. */
export function waysAt({ location, accepted }: Place): WaysIn {
  if (location === null) return { ways: [], complete: true }
  switch (location.access.kind) {
    case 'anyone':
    case 'maybe_signed_in':
      return { ways: [openWay], complete: true }
    case 'nobody':
      return { ways: [], complete: true }
    case 'rule':
      return waysIn(location.access.requirement, accepted)
  }
}

/** The ways of one side that are not, as far as can be seen, ways of the other; each value of a list by itself. */
export function waysOnlyIn(one: WaysIn, other: WaysIn): readonly Way[] {
  return one.ways.flatMap(byValue).filter((way) => !other.ways.some((wide) => isWithin(way, wide)))
}

/** Beyond it one way stands for all of its values. */
const mostValues = 50

/** `groups: one of admins, ops` is two ways. */
function byValue(way: Way): readonly Way[] {
  let ways: readonly Way[] = [way]
  for (const fact of way.claims) {
    const values = valuesOf(fact)
    if (values.length < 2 || ways.length * values.length > mostValues) continue
    ways = ways.flatMap((one) =>
      values.map((value) => ({
        ...one,
        claims: one.claims.map((own) => (own === fact ? { ...own, matcher: only(value) } : own)),
      })),
    )
  }
  return ways.flatMap(byIdentification)
}

function byIdentification(way: Way): readonly Way[] {
  return way.by === null ? [way] : way.by.map((one) => ({ ...way, by: [one] }))
}

function valuesOf({ matcher, wanted }: ClaimFact): readonly Scalar[] {
  const [test] = matcher.tests
  const plain = wanted && matcher.tests.length === 1 && matcher.not === null && matcher.exists === null
  return plain && test?.kind === 'is' ? test.values : []
}

function only(value: Scalar): Matcher {
  return { tests: [{ kind: 'is', values: [value] }], not: null, exists: null, text: JSON.stringify(value) }
}
