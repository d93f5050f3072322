import { nodeAt } from '../config/node.ts'
import type { App, Location } from '../core/gateway.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import { waysIn } from '../core/rules/ways-in.ts'
import { type Check, type Found, foundAtKey, foundAtPart } from './check.ts'
import { enclosingLocations, isOpen } from './enclosing.ts'
import { rulesOf } from './rules.ts'
import type { Subject } from './subject.ts'

/** Where people pass whom nobody knows. */
export const openLocationChecks: readonly Check[] = [
  {
    id: 'open-over-protected',
    severity: 'warning',
    finds: 'An open location around a protected one',
    why: 'The gateway compares paths to the letter; it ignores case only if `ignore_case` says so. An app may read paths more loosely, for instance if it cuts off `.json`. Such an app serves the protected page under a spelling that only the open location covers.',
    fix: 'Protect the outer location and open what lies beside the protected one, or move the protected pages to a path of their own.',
    example: `locations:
  - { path: /shop, require: anyone }
  - { path: /shop/orders, require: signed_in }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        const below = Map.groupBy(protectedLocations(app), (location) => enclosingLocations(app, location)[0])
        return app.allLocations.filter(isOpen).flatMap((open) => {
          const inner = below.get(open) ?? []
          return inner.length === 0 ? [] : openOver(subject, open, inner)
        })
      }),
  },
  {
    id: 'open-by-default',
    severity: 'warning',
    finds: 'An app that is open wherever nobody thought of a location',
    why: 'With `require: anyone` at the app, every path that no location covers is open. That may be a page that the app gets next month. It may also be a protected page under another spelling, if the app reads paths more loosely than the gateway.',
    fix: 'Write `require: signed_in` at the app, and a location with `require: anyone` for each path that is meant to be open.',
    example: `require: anyone
locations:
  - { path: /admin, require: { groups: admins } }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        if (app.fallback.access.kind !== 'anyone') return []
        const [first] = protectedLocations(app)
        if (first === undefined) return []
        const message = `everything that no location of "${app.name}" covers is open, and its locations are not (${first.label})`
        return foundAtPart(subject, app.fallback, message)
      }),
  },
  {
    id: 'case-not-said',
    severity: 'warning',
    finds: 'An app with closed paths within open ones that does not say whether its server ignores case',
    why: 'Express, IIS and servers of files on Windows and macOS serve `/ADMIN` as `/admin`. To the gateway they are two paths. One is closed. For the other, the open rule around it holds.',
    fix: 'Ask the server for a closed page in capitals, without the gateway. If the page comes, write `ignore_case: true`. If it does not, write `ignore_case: false`.',
    example: `require: anyone
locations:
  - { path: /admin, require: { groups: admins } }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        const closed = protectedLocations(app).find((one) => enclosingLocations(app, one).some(isOpen))
        if (closed === undefined || saysCase(subject, app)) return []
        const message = `does the server of "${app.name}" ignore case? ${closed.label} is closed, and what is around it is open`
        return [foundAtKey(subject, ['apps', app.name], message)]
      }),
  },
  {
    id: 'app-open',
    severity: 'note',
    finds: 'An app in which nothing is protected',
    why: 'Everybody passes everywhere, and the gateway only forwards. You may mean that, but it is worth a second look.',
    fix: 'Write who may pass, or leave it as it is.',
    example: 'require: anyone',
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        if (![app.fallback, ...app.allLocations].every(isOpen)) return []
        return foundAtPart(subject, app.fallback, `every path of "${app.name}" is open to everyone`)
      }),
  },
  {
    id: 'maybe-signed-in',
    severity: 'note',
    finds: 'A location that is open by `maybe_signed_in`',
    why: 'It looks like a protection and is none: people without a session pass too. The app has to decide by the identity headers what they see.',
    fix: 'Write `signed_in` if people have to sign in. If the app decides, leave it as it is.',
    example: 'require: maybe_signed_in',
    find: (subject) =>
      subject.gateway.apps.flatMap((app) =>
        [app.fallback, ...app.allLocations].flatMap((location) => {
          if (location.access.kind !== 'maybe_signed_in') return []
          const where = location === app.fallback ? `"${app.name}"` : location.label
          return foundAtPart(subject, location, `${where} is open: people pass with and without a session`)
        }),
      ),
  },
  {
    id: 'protected-over-open',
    severity: 'note',
    finds: 'An open location inside a protected one',
    why: 'The location’s rule replaces the one around it. Somebody who looks at the outer location alone believes that more is protected than really is.',
    fix: 'If you mean it, leave it as it is. Otherwise write at the inner location who may pass.',
    example: `locations:
  - { path: /admin, require: { groups: admins } }
  - { path: /admin/help, require: anyone }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) =>
        app.allLocations.filter(isOpen).flatMap((open) => {
          const outer = enclosingLocations(app, open)[0]
          if (outer === undefined || outer === app.fallback || isOpen(outer)) return []
          const message = `${open.label} is open, though ${outer.label} around it is not`
          return foundAtPart(subject, open, message)
        }),
      ),
  },
  {
    id: 'open-by-address',
    severity: 'note',
    finds: 'A rule that some addresses meet without signing in',
    why: 'If `client_ip` alone makes a rule true, nobody is asked to sign in, and the app is told no name. An address is a place, not a person. Everybody behind it passes.',
    fix: 'Put `signed_in` beside the address in the same mapping or `all`, unless the address alone is meant to be enough.',
    example: `require:
  any:
    - signed_in
    - client_ip: 192.0.2.0/24`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ app, location, whole }) => {
        const { ways } = waysIn(whole, acceptedAt(subject.gateway, app, location))
        const byAddress = ways.some(({ by }) => by === null)
        if (!byAddress) return []
        return foundAtPart(subject, location, 'some addresses meet this rule alone: nobody signs in there')
      }),
  },
]

function saysCase({ root }: Subject, { name }: App): boolean {
  return [['apps', name], ['defaults']].some((path) => nodeAt(root, [...path, 'ignore_case']) !== undefined)
}

function protectedLocations(app: App): readonly Location[] {
  return app.allLocations.filter((location) => !isOpen(location))
}

function openOver(subject: Subject, open: Location, inner: readonly Location[]): readonly Found[] {
  const [first] = inner
  const more = inner.length === 1 ? '' : ` and ${inner.length - 1} more`
  const message = `${open.label} is open, though ${first?.label}${more} within it is not`
  return foundAtPart(subject, open, message)
}
