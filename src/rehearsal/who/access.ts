import type { App, Location } from '../../core/gateway.ts'
import type { Segments } from '../../core/request/readings.ts'
import { locationOf, matchRoute } from '../../core/request/route-match.ts'
import { acceptedAtAll, type Identifying } from '../../core/rules/accepted.ts'
import type { Identification } from '../../core/rules/identification.ts'
import type { Requirement } from '../../core/rules/requirement.ts'
import { type WaysIn, waysIn } from '../../core/rules/ways-in.ts'
import type { StepUp } from '../../core/step-up.ts'
import type { Admission } from '../../http/admission/admission.ts'

/** Who gets in at a place, whoever asks. */
export type PlaceAccess =
  | { readonly kind: 'anyone' | 'maybe_signed_in' }
  | { readonly kind: 'nobody'; readonly reason: 'nobody-allowed' | 'no-location' }
  | ({
      readonly kind: 'rule'
      readonly stepUp: StepUp | null
      /** In what ways somebody can be identified there at all. */
      readonly accepted: readonly Identification[]
    } & WaysIn)

/** The locations that judge a request: several where its path can be read in several ways, else one or none. */
export function judgingLocations({ origin, target, method }: Admission): readonly Location[] {
  if (origin === null || target === null) return []
  const match = matchRoute(origin, target, method)
  if (match.kind === 'unmatched') return []
  return [match.location, ...match.others]
}

/** How servers may read the path of a request, the path as it stands first, and which location judges each reading. */
export function judgingReadings({
  origin,
  target,
  method,
}: Admission): readonly { readonly segments: Segments; readonly location: Location }[] {
  if (origin === null || target === null) return []
  const match = matchRoute(origin, target, method)
  if (match.kind === 'unmatched') return []
  return [target.segments, ...target.otherReadings].flatMap((segments) => {
    const location = locationOf(origin, match.app, segments, method)
    return location === null ? [] : [{ segments, location }]
  })
}

/** What several locations demand together. */
export function accessAt(gateway: Identifying, app: App, locations: readonly Location[]): PlaceAccess {
  const rules: Requirement[] = []
  let open: 'anyone' | 'maybe_signed_in' = 'anyone'
  for (const { access } of locations) {
    switch (access.kind) {
      case 'anyone':
        break
      case 'maybe_signed_in':
        open = 'maybe_signed_in'
        break
      case 'nobody':
        return { kind: 'nobody', reason: access.because ?? 'nobody-allowed' }
      case 'rule':
        rules.push(access.requirement)
    }
  }
  if (rules.length === 0) return { kind: open }
  const stepUp = locations[0]?.stepUp ?? null
  const accepted = acceptedAtAll(
    gateway,
    app,
    locations.filter(({ access }) => access.kind !== 'anyone'),
  )
  return { kind: 'rule', stepUp, accepted, ...waysIn({ kind: 'all', members: rules }, accepted) }
}
