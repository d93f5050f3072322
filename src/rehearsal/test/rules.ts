import type { Place } from '../../config/rules/context.ts'
import type { App, Gateway, Location } from '../../core/gateway.ts'
import { locationsOf } from '../../core/request/location-pattern.ts'
import type { Condition } from '../../core/rules/requirement.ts'
import { conditionsOf } from '../conditions.ts'

/** A location that some request leads to, an app's own rule among them. */
export interface TestedLocation {
  readonly app: App
  readonly location: Location
  readonly place: Place
}

/** A condition as it stands in the file: in a policy or an app's floor it counts at many locations. */
export interface TestedCondition {
  readonly place: Place
  /** The same line, compiled anew for each app that inherits it. */
  readonly conditions: ReadonlySet<Condition>
  readonly kind: Condition['kind']
  readonly locations: readonly TestedLocation[]
}

export interface TestedRules {
  readonly locations: readonly TestedLocation[]
  readonly conditions: readonly TestedCondition[]
}

/** What tests are held against: every location and condition that stands in the file and can be reached. */
export function testedRules(gateway: Gateway, places: ReadonlyMap<object, Place>): TestedRules {
  const locations = gateway.apps.flatMap((app) => testedLocations(app, places))
  const conditions = new Map<string, { place: Place; set: Set<Condition>; at: Set<TestedLocation> }>()
  for (const tested of locations) {
    const { access } = tested.location
    if (access.kind !== 'rule') continue
    for (const condition of conditionsOf(access.requirement)) {
      const place = places.get(condition)
      if (place === undefined) continue
      const key = placeKey(place)
      const known = conditions.get(key) ?? { place, set: new Set(), at: new Set() }
      known.set.add(condition)
      known.at.add(tested)
      conditions.set(key, known)
    }
  }
  return {
    locations,
    conditions: [...conditions.values()].map(({ place, set, at }) => ({
      place,
      conditions: set,
      kind: [...set][0]?.kind ?? 'signed_in',
      locations: [...at],
    })),
  }
}

/** An app's own rule is none that can be reached where a location covers all of the app, or where nobody wrote it. */
function testedLocations(app: App, places: ReadonlyMap<object, Place>): readonly TestedLocation[] {
  const { fallback } = app
  const unwritten = fallback.access.kind === 'nobody' && fallback.access.because === 'no-location'
  const covered = locationsOf(app.locations, fallback.pattern).length > 0
  const all = unwritten || covered ? app.allLocations : [...app.allLocations, fallback]
  return all.flatMap((location) => {
    const place = places.get(location)
    return place === undefined ? [] : [{ app, location, place }]
  })
}

function placeKey({ position, path }: Place): string {
  return `${position.line}:${position.column}:${path.join('.')}`
}
