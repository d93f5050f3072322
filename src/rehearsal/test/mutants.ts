import type { Access, Gateway, Location } from '../../core/gateway.ts'
import type { Condition, Requirement } from '../../core/rules/requirement.ts'
import { credentialMutants } from './credential-mutants.ts'
import type { Changed, Mutant } from './mutant.ts'
import { rewritten } from './rewrite.ts'
import type { TestedCondition, TestedLocation, TestedRules } from './rules.ts'

/**
 * Every mutant of the rules, in the order of the file within its kind: conditions left out and turned round, locations
 * opened, closed, left out and stripped of their methods, apps without their floor, lists of credentials with one more.
 * `at` names the locations that tests came to: what a mutant would change elsewhere nobody could see.
 */
export function mutantsOf(
  gateway: Gateway,
  rules: TestedRules,
  at: ReadonlySet<Location>,
): readonly Mutant[] {
  return [
    ...rules.conditions.flatMap((condition) => conditionMutants(condition, at)),
    ...rules.locations.flatMap(locationMutants),
    ...floorMutants(rules.locations, at),
    ...credentialMutants(gateway, rules.locations, at),
  ]
}

function conditionMutants(tested: TestedCondition, at: ReadonlySet<Location>): readonly Mutant[] {
  const { place, conditions } = tested
  const seen = tested.locations.filter(({ location }) => at.has(location))
  const locations = seen.length > 0 ? seen : tested.locations.slice(0, 1)
  const mutant = (change: string, replace: (condition: Condition) => Requirement | null): Mutant => ({
    place,
    change,
    changes: locations.flatMap(({ app, location }) => {
      if (location.access.kind !== 'rule') return []
      const requirement = rewritten(location.access.requirement, (part) =>
        isOneOf(conditions, part) ? replace(part) : part,
      )
      const access = requirement === null ? withoutRule(tested.kind) : { kind: 'rule' as const, requirement }
      return [{ app, before: location, after: { ...location, access } }]
    }),
  })
  return [
    mutant('without this condition', () => null),
    mutant('with this condition turned round', (condition) => ({ kind: 'none', members: [condition] })),
  ]
}

function isOneOf(conditions: ReadonlySet<Condition>, part: Requirement): part is Condition {
  const set: ReadonlySet<Requirement> = conditions
  return set.has(part)
}

/** A rule of which nothing is left: whoever met it was signed in, unless it asked for an address alone. */
function withoutRule(kind: Condition['kind']): Access {
  return kind === 'claim' || kind === 'provider' || kind === 'credential'
    ? { kind: 'rule', requirement: { kind: 'signed_in' } }
    : { kind: 'anyone' }
}

function locationMutants({ app, location, place }: TestedLocation): readonly Mutant[] {
  const mutant = (change: string, after: Location | null): Mutant => ({
    place,
    change,
    changes: [{ app, before: location, after }],
  })
  const open = location.access.kind === 'anyone' || location.access.kind === 'maybe_signed_in'
  const access = open
    ? mutant('closed: `require: nobody`', { ...location, access: { kind: 'nobody' } })
    : mutant('open: `require: anyone`', { ...location, access: { kind: 'anyone' } })
  if (location === app.fallback) return [access]
  const alone = app.allLocations.every(
    (other) => other === location || !isSamePattern(other, location) || other.methods !== null,
  )
  const allMethods =
    location.methods === null || !alone ? [] : [mutant('for all methods', { ...location, methods: null })]
  return [access, mutant('without this location', null), ...allMethods]
}

function isSamePattern({ pattern: a }: Location, { pattern: b }: Location): boolean {
  return (
    a.exact === b.exact &&
    a.segments.length === b.segments.length &&
    a.segments.every((segment, index) => segment === b.segments[index])
  )
}

/** Each location by its own rule alone; the app's own rule stays where no location covers the path. */
function floorMutants(locations: readonly TestedLocation[], at: ReadonlySet<Location>): readonly Mutant[] {
  return [...Map.groupBy(locations, ({ app }) => app)].flatMap(([app, own]) => {
    const changes = own.flatMap(({ location }): readonly Changed[] => {
      const requirement = withoutFloor(location)
      const after = requirement && { ...location, access: { kind: 'rule' as const, requirement } }
      return after === null ? [] : [{ app, before: location, after }]
    })
    const seen = changes.filter(({ before }) => at.has(before))
    const floor = own.find(({ location }) => location === app.fallback)?.place ?? own[0]?.place
    if (changes.length === 0 || floor === undefined) return []
    const change = 'without the app’s own rule at its locations'
    return [{ place: floor, change, changes: seen.length > 0 ? seen : changes.slice(0, 1) }]
  })
}

function withoutFloor({ access }: Location): Requirement | null {
  if (access.kind !== 'rule' || access.requirement.kind !== 'all') return null
  const { of, members } = access.requirement
  return of === 'app-and-location' ? (members[1] ?? null) : null
}
