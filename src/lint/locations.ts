import type { Access, App, Gateway, Location, Origin } from '../core/gateway.ts'
import { exampleRequest } from '../core/request/example-request.ts'
import { locationsOf, nodeOf, patternText } from '../core/request/location-pattern.ts'
import { couldBeRedirectUri } from '../core/request/redirect-uri.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import { isSameStepUp } from '../core/step-up.ts'
import { type Check, foundAtPart } from './check.ts'
import { enclosingLocations } from './enclosing.ts'
import { isSameRule } from './rules.ts'
import type { Subject } from './subject.ts'

/** Locations that do nothing, or less than they seem to. */
export const locationChecks: readonly Check[] = [
  {
    id: 'location-unreachable',
    severity: 'warning',
    inCheck: true,
    finds: 'A location that no request reaches',
    why: 'Something else covers everything that it covers: locations of the same path that name its methods, more specific locations, another app of the origin, or the redirect URI. Its rule protects nothing, but a reader believes that it does.',
    fix: 'Remove it, or remove what covers it.',
    example: `locations:
  - { path: /api, methods: [GET, POST, PUT, PATCH, DELETE, OPTIONS], require: signed_in }
  - { path: /api, require: { groups: admins } }`,
    find: (subject) =>
      originsOf(subject.gateway).flatMap((origin) =>
        origin.apps.flatMap((app) =>
          app.allLocations
            .filter((location) => mayBeCovered(origin, app, location) && !isReachable(origin, location))
            .flatMap((location) =>
              foundAtPart(subject, location, `no request reaches ${location.label}: others cover all of it`),
            ),
        ),
      ),
  },
  {
    id: 'location-redundant',
    severity: 'note',
    finds: 'A location that changes nothing',
    why: 'Without it, its paths would be judged and passed on in the same way: by the location around it, or by the app’s own rule, which holds at every location anyhow.',
    fix: 'Remove it, so that only what matters is left.',
    example: `require: signed_in
locations:
  - { path: /reports, require: signed_in }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        return app.allLocations.flatMap((location) => {
          const [outer, ...others] = enclosingLocations(app, location)
          const alone = locationsOf(app.locations, location.pattern).length === 1
          if (
            outer === undefined ||
            others.length > 0 ||
            !alone ||
            !isSame(subject.gateway, app, location, outer)
          )
            return []
          const other = outer === app.fallback ? 'the app’s own `require`' : outer.label
          return foundAtPart(subject, location, `${location.label} says what ${other} says already`)
        })
      }),
  },
  {
    id: 'star-leaves-parent',
    severity: 'warning',
    inCheck: true,
    finds: 'A path that ends in `*` and leaves the path above it to another rule',
    why: '`*` is one whole segment. `/admin/*` covers `/admin/users` and everything below it. It does not cover `/admin` itself, for which the rule around it holds.',
    fix: 'Write the path without `/*`. It covers everything below anyhow. If you mean the difference, write a location for the path above too.',
    example: `require: signed_in
locations:
  - { path: /admin/*, require: { groups: admins } }`,
    find: (subject) => subject.gateway.apps.flatMap((app) => starsIn(subject, app)),
  },
  {
    id: 'location-rehearsed',
    severity: 'note',
    finds: 'A location that is rehearsed, not enforced',
    why: 'With `enforce: false`, requests are decided as if the location were not in the file. It protects nothing, however long it stands there.',
    fix: 'Remove `enforce: false` once the log shows that the rule does what you mean.',
    example: `locations:
  - { path: /admin, require: { groups: admins }, enforce: false }`,
    find: (subject) => {
      const { shadow } = subject.gateway
      if (shadow === null || shadow.file !== null) return []
      return shadow.rehearsed.flatMap(({ location }) =>
        foundAtPart(subject, location, `${location.label} is only rehearsed: it protects nothing`),
      )
    },
  },
  {
    id: 'encoded-slash-methods',
    severity: 'warning',
    finds: 'Paths with several readings beside rules that depend on the method',
    why: 'With `allow_encoded`, a path is judged under every reading, and all of them must let the person in. If the app takes `%2F` for a slash, or cuts at `;`, it may route the request to other code than the code whose methods you had in mind.',
    fix: 'Write one rule for all methods of the app, or remove `allow_encoded`.',
    example: `allow_encoded: [slash]
locations:
  - { path: /files, require: signed_in }
  - { path: /files, methods: [DELETE], require: { groups: admins } }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        if (app.allowEncoded.size === 0) return []
        const withMethods = app.allLocations.filter(({ methods }) => methods !== null)
        const allowed = [...app.allowEncoded].join(', ')
        return withMethods.flatMap((location) =>
          foundAtPart(
            subject,
            location,
            `${location.label} depends on the method, and "${app.name}" allows paths with several readings (${allowed})`,
          ),
        )
      }),
  },
]

function originsOf({ hosts }: Gateway): readonly Origin[] {
  return [...new Set(hosts.values())]
}

function isReachable(origin: Origin, location: Location): boolean {
  if (isRedirectPath(origin, location)) return false
  return exampleRequest(origin, location) !== null
}

/** The redirect URI is taken before any location. */
function isRedirectPath(origin: Origin, { pattern }: Location): boolean {
  const segments = pattern.written.map((segment) => segment ?? '*')
  return pattern.exact && origin.redirectUris.some((one) => couldBeRedirectUri(one, segments))
}

/**
 * A cheap look that spares most locations the thorough one. Below a path only a `*` can cover everything, and beside a
 * location only those of its own pattern.
 */
function mayBeCovered(origin: Origin, app: App, location: Location): boolean {
  const node = nodeOf(app.locations, location.pattern)
  const { segments } = location.pattern
  const beside = locationsOf(app.locations, location.pattern)
  const otherApp = origin.apps.some((other) => other !== app && other.prefix.length >= segments.length)
  return isRedirectPath(origin, location) || beside.length > 1 || (node?.star ?? null) !== null || otherApp
}

function isSame(gateway: Gateway, app: App, location: Location, outer: Location): boolean {
  const sameWay = JSON.stringify(location.forwarding) === JSON.stringify(outer.forwarding)
  const asked = location.unauthenticated === outer.unauthenticated || location.access.kind !== 'rule'
  const resumed =
    location.resume === outer.resume && location.maxResumedBodyBytes === outer.maxResumedBodyBytes
  const byTheSame = location.credentials.join() === outer.credentials.join()
  const limited =
    location.limitsFail === outer.limitsFail &&
    JSON.stringify(location.limits) === JSON.stringify(outer.limits)
  const same = sameWay && asked && resumed && byTheSame && limited
  return same && outer.methods === null && letsInTheSame(gateway, app, location, outer)
}

/** Whether two locations of an app let in the same people, after the same step-up. */
export function letsInTheSame(gateway: Gateway, app: App, a: Location, b: Location): boolean {
  return isSameAccess(gateway, app, a, b) && isSameStepUp(a.stepUp, b.stepUp)
}

function isSameAccess(gateway: Gateway, app: App, a: Location, b: Location): boolean {
  const [one, other] = [a.access, b.access]
  if (one.kind !== 'rule' || other.kind !== 'rule') {
    return one.kind === other.kind && !('because' in other && other.because !== undefined)
  }
  const ruled = (location: Location, { requirement }: RuleAccess) => ({
    requirement,
    accepted: acceptedAt(gateway, app, location),
  })
  return isSameRule(ruled(a, one), ruled(b, other))
}

type RuleAccess = Extract<Access, { kind: 'rule' }>

function starsIn(subject: Subject, app: App) {
  const paths = new Set(app.allLocations.map(({ pattern }) => patternText({ ...pattern, exact: false })))
  return app.allLocations.flatMap((location) => {
    const { segments, written, exact } = location.pattern
    const hasAbove = paths.has(patternText({ segments: segments.slice(0, -1), exact: false }))
    if (exact || segments.at(-1) !== null || hasAbove) return []
    const [outer] = enclosingLocations(app, location)
    if (outer === undefined || letsInTheSame(subject.gateway, app, location, outer)) return []
    const above = patternText({ segments: written.slice(0, -1), exact: false })
    const rule = outer === app.fallback ? 'the app’s own `require`' : outer.label
    return foundAtPart(subject, location, `${location.label} does not cover ${above} itself: ${rule} does`)
  })
}
