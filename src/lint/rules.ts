import type { App, Gateway, Location } from '../core/gateway.ts'
import type { ClaimFact } from '../core/rules/claim-fact.ts'
import type { Identification } from '../core/rules/identification.ts'
import type { Condition, Requirement } from '../core/rules/requirement.ts'
import { waysIn } from '../core/rules/ways-in.ts'

/** One rule of an app: a location's, or the app's own where no location covers the path. */
export interface PlacedRule {
  readonly app: App
  readonly location: Location
  /** The whole rule, the app's floor included. */
  readonly whole: Requirement
  /** What the location itself says. */
  readonly own: Requirement
}

export function rulesOf({ apps }: Pick<Gateway, 'apps'>): readonly PlacedRule[] {
  return apps.flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap((location) => {
      const { access } = location
      if (access.kind !== 'rule') return []
      return [{ app, location, whole: access.requirement, own: ownRule(access.requirement) }]
    }),
  )
}

/** A rule without the app's floor. */
function ownRule(requirement: Requirement): Requirement {
  if (requirement.kind !== 'all' || requirement.of !== 'app-and-location') return requirement
  return requirement.members.at(-1) ?? requirement
}

/** A condition with the rules around it, the nearest first; `negated` below an odd number of `none`. */
export interface PlacedCondition<Kind extends Condition = Condition> {
  readonly condition: Kind
  readonly negated: boolean
  readonly around: readonly Requirement[]
}

/** Every condition of a rule, those of its policies too. */
export function conditionsOf(
  requirement: Requirement,
  negated = false,
  around: readonly Requirement[] = [],
): readonly PlacedCondition[] {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none': {
      const below = requirement.kind === 'none' ? !negated : negated
      return requirement.members.flatMap((member) => conditionsOf(member, below, [requirement, ...around]))
    }
    case 'policy':
      return conditionsOf(requirement.requirement, negated, [requirement, ...around])
    case 'signed_in':
    case 'client_ip':
    case 'certificate':
    case 'provider':
    case 'credential':
    case 'claim':
      return [{ condition: requirement, negated, around }]
  }
}

export type ClaimCondition = Extract<Condition, { kind: 'claim' }>

export interface ClaimUse extends PlacedCondition<ClaimCondition> {
  readonly rule: PlacedRule
}

/** Every condition on a claim, with the rule that it belongs to. A policy's come once for each rule that uses it. */
export function claimUses(gateway: Pick<Gateway, 'apps'>): readonly ClaimUse[] {
  return rulesOf(gateway).flatMap((rule) =>
    conditionsOf(rule.whole).flatMap(({ condition, ...rest }) =>
      condition.kind === 'claim' ? [{ ...rest, condition, rule }] : [],
    ),
  )
}

/** A rule, and in what ways somebody can be identified where it stands. */
export interface RuleAmong {
  readonly requirement: Requirement
  readonly accepted: readonly Identification[]
}

/** Whether both let in the same people, as far as their smallest sets of claims show it. */
export function isSameRule(a: RuleAmong, b: RuleAmong): boolean {
  const [one, other] = [waysIn(a.requirement, a.accepted), waysIn(b.requirement, b.accepted)]
  if (!one.complete || !other.complete) return false
  return JSON.stringify(toTexts(one.ways)) === JSON.stringify(toTexts(other.ways))
}

function toTexts(ways: ReturnType<typeof waysIn>['ways']): readonly string[] {
  return ways
    .map(({ by, claims, addresses, otherAddresses, certificate }) =>
      JSON.stringify([
        by?.map((one) => JSON.stringify(one)).sort() ?? null,
        factTexts(claims),
        addresses?.map(({ text }) => text).sort() ?? null,
        otherAddresses.map(({ text }) => text).sort(),
        factTexts(certificate),
      ]),
    )
    .sort()
}

function factTexts(facts: readonly ClaimFact[]): readonly string[] {
  return facts.map(({ path, matcher, wanted }) => `${path} ${wanted} ${matcher.text}`).sort()
}

/** A rule and everything within it, policies looked into. */
export function partsOf(requirement: Requirement): readonly Requirement[] {
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none':
      return [requirement, ...requirement.members.flatMap(partsOf)]
    case 'policy':
      return [requirement, ...partsOf(requirement.requirement)]
    case 'signed_in':
    case 'client_ip':
    case 'certificate':
    case 'provider':
    case 'credential':
    case 'claim':
      return [requirement]
  }
}

/** The conditions that hold whenever a rule does, as far as it is an `all` of them. */
export function certainConditions(requirement: Requirement): readonly Condition[] {
  switch (requirement.kind) {
    case 'all':
      return requirement.members.flatMap(certainConditions)
    case 'policy':
      return certainConditions(requirement.requirement)
    case 'any':
    case 'none':
      return []
    case 'signed_in':
    case 'client_ip':
    case 'certificate':
    case 'provider':
    case 'credential':
    case 'claim':
      return [requirement]
  }
}

/** Texts that a claim is compared with as a whole. */
export function textsOf({ matcher }: ClaimCondition): readonly string[] {
  const all = [matcher, ...(matcher.not === null ? [] : [matcher.not])].flatMap(({ tests }) => tests)
  return all
    .flatMap((test): readonly unknown[] =>
      test.kind === 'is' || test.kind === 'is_ignoring_case' ? test.values : [],
    )
    .filter((value) => typeof value === 'string')
}
