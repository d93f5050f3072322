import { pathText } from '../../config/node.ts'
import type { Place } from '../../config/rules/context.ts'
import type { Coverage } from './coverage.ts'

/** What tests leave open. */
export interface Gap {
  readonly kind: 'untested' | 'never-refused' | 'never-met' | 'never-missed'
  /** `wiki /admin`, `policies.staff.groups`. */
  readonly what: string
  readonly place: Place
}

/** Locations and conditions that the tests say too little of, in the order of the file within each kind. */
export function gapsOf({ locations, conditions }: Coverage): readonly Gap[] {
  const untested = locations.filter(({ tests }) => tests === 0)
  const open = locations.filter(({ tests, refused, refuses }) => tests > 0 && refuses && refused === 0)
  // A location without a test says it for its conditions.
  const judged = conditions.filter(({ tested }) =>
    locations.some((one) => one.tests > 0 && tested.locations.includes(one.tested)),
  )
  return [
    ...untested.map(({ tested }) => locationGap('untested', tested)),
    ...open.map(({ tested }) => locationGap('never-refused', tested)),
    ...judged.filter(({ met }) => met === 0).map(({ tested }) => conditionGap('never-met', tested.place)),
    ...judged
      .filter(({ missed }) => missed === 0)
      .map(({ tested }) => conditionGap('never-missed', tested.place)),
  ]
}

function locationGap(kind: Gap['kind'], { app, location, place }: LocationOf): Gap {
  return { kind, what: `${app.name} ${location.label}`, place }
}

type LocationOf = Coverage['locations'][number]['tested']

function conditionGap(kind: Gap['kind'], place: Place): Gap {
  return { kind, what: pathText(place.path), place }
}
