import type { App, Gateway, Location } from '../core/gateway.ts'
import { knownMethods } from '../core/request/method.ts'
import { type Check, foundAtPart } from './check.ts'
import { isOpen } from './enclosing.ts'
import { letsInTheSame } from './locations.ts'

/** Methods that reach further than the path that is judged. */
export const webdavChecks: readonly Check[] = [
  {
    id: 'webdav-reaches-further',
    severity: 'warning',
    finds: 'Methods of WebDAV, while other locations of the same app let in other people',
    why: 'A location judges the path of a request, and that of its `Destination`. WebDAV also acts on everything below (MOVE, COPY, LOCK and PROPFIND on a folder). REPORT, SEARCH and BIND name paths in their bodies, which nobody judges. Whoever may send these here may read or move what another location closes.',
    fix: 'Give the locations of one tree of files the same rule. Or serve what is closed as an app of its own. Or let the app itself decide by the identity headers.',
    example: `require: signed_in
locations:
  - { path: /files, methods: [GET, PUT, webdav], require: signed_in }
  - { path: /files/board, methods: [GET, PUT, webdav], require: { groups: board } }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        // Once an app: of two locations each reaches what the other closes.
        for (const location of app.allLocations) {
          const further = reachedFurther(subject.gateway, app, location)
          if (further === undefined) continue
          const message = `${location.label} has methods that reach further than their path, and ${further.label} lets in others`
          return foundAtPart(subject, location, message)
        }
        return []
      }),
  },
]

/** What is closed in the app, to some of whom the location lets in. */
function reachedFurther(gateway: Gateway, app: App, location: Location): Location | undefined {
  const isFurther = [...(location.methods ?? [])].some((method) => !knownMethods.includes(method))
  if (!isFurther) return undefined
  const elsewhere = [...app.allLocations, app.fallback]
  return elsewhere.find((other) => !isOpen(other) && !holdsToo(gateway, app, other, location))
}

/** The app's own rule is part of that of each location which is not open; but a key or a token may open it alone. */
function holdsToo(gateway: Gateway, app: App, other: Location, location: Location): boolean {
  const byTheSame = location.credentials.every((one) => other.credentials.includes(one))
  if (other === app.fallback && !isOpen(location) && byTheSame) return true
  return letsInTheSame(gateway, app, other, location)
}
