import { claimFact } from './claim-fact.ts'
import { isEmptied } from './emptied.ts'
import type { Identification } from './identification.ts'
import type { Requirement } from './requirement.ts'
import { addWay, both, openWay, type Way } from './way.ts'

/** Every way to meet a rule. */
export interface WaysIn {
  /** None is within another. Empty: nobody can meet the rule. */
  readonly ways: readonly Way[]
  /** False when there are more than are worked out: those that stand here hold all the same. */
  readonly complete: boolean
}

/** More than a person reads; a rule that multiplies `any` by `any` has millions. */
const mostWays = 100

/**
 * The smallest sets of facts about a person, an address and a certificate with which a rule is true. `accepted` is in what ways
 * somebody may be identified at the location. Follows the judge in core/requirement to the letter: what is unknown lets
 * nobody in, negated or not.
 */
export function waysIn(requirement: Requirement, accepted: readonly Identification[]): WaysIn {
  return waysOf(requirement, true, { ...openWay, by: accepted })
}

const never: WaysIn = { ways: [], complete: true }

/** `wanted` as for `judge`; `identified` is the way of everyone who is known at the location. */
function waysOf(requirement: Requirement, wanted: boolean, identified: Way): WaysIn {
  const chosen = (holds: (one: Identification) => boolean): WaysIn => {
    return only({ ...openWay, by: identified.by?.filter((one) => holds(one) === wanted) ?? [] })
  }
  const ofMembers = (members: readonly Requirement[], wish: boolean): readonly WaysIn[] =>
    members.map((member) => waysOf(member, wish, identified))
  switch (requirement.kind) {
    case 'all':
      return wanted
        ? every(ofMembers(requirement.members, true))
        : some(ofMembers(requirement.members, false))
    case 'any':
      return wanted
        ? some(ofMembers(requirement.members, true))
        : every(ofMembers(requirement.members, false))
    case 'none':
      if (requirement.members.length === 0) return never
      // Before a sign-in `none` is at best unknown, whatever stands in it.
      return wanted
        ? every([only(identified), ...ofMembers(requirement.members, false)])
        : some(ofMembers(requirement.members, true))
    case 'policy':
      return waysOf(requirement.requirement, wanted, identified)
    case 'signed_in':
      return chosen(({ isClient }) => !isClient)
    case 'provider':
      return chosen(({ provider }) => requirement.names.includes(provider))
    case 'credential':
      return chosen(({ credential }) => requirement.names.includes(credential))
    case 'claim':
      if (isEmptied(requirement.matcher)) return never
      return only({ ...identified, claims: [claimFact(requirement.path, requirement.matcher, wanted)] })
    case 'client_ip':
      if (requirement.ranges.length === 0) return never
      return only(
        wanted
          ? { ...openWay, addresses: requirement.ranges }
          : { ...openWay, otherAddresses: requirement.ranges },
      )
    case 'certificate': {
      const { claim, matcher } = requirement
      return isEmptied(matcher)
        ? never
        : only({ ...openWay, certificate: [claimFact(claim, matcher, wanted)] })
    }
  }
}

function only(way: Way): WaysIn {
  if (way.by?.length === 0) return never
  return { ways: [way], complete: true }
}

function some(members: readonly WaysIn[]): WaysIn {
  return gather(
    members.flatMap(({ ways }) => ways),
    members.every(({ complete }) => complete),
  )
}

function every(members: readonly WaysIn[]): WaysIn {
  if (members.length === 0) return never
  return members.reduce((sofar, member) => {
    const pairs = sofar.ways.flatMap((one) => member.ways.map((other) => both(one, other)))
    return gather(
      pairs.filter((way) => way !== null),
      sofar.complete && member.complete,
    )
  }, only(openWay))
}

function gather(candidates: readonly Way[], complete: boolean): WaysIn {
  let ways: readonly Way[] = []
  for (const way of candidates) {
    const more = addWay(ways, way)
    if (more.length > mostWays) return { ways, complete: false }
    ways = more
  }
  return { ways, complete }
}
