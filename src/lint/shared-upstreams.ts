import type { App, Gateway, Location, Origin } from '../core/gateway.ts'
import { exampleRequest } from '../core/request/example-request.ts'
import { matchRoute } from '../core/request/route-match.ts'
import { upstreamPath as pathOfUpstream, readTarget } from '../core/request/target.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import { type Check, foundAt } from './check.ts'
import { isOneServer } from './one-upstream.ts'
import { isSameRule } from './rules.ts'
import { upstreamPath } from './subject.ts'

/** Apps of the file that are one app behind the gateway. */
export const sharedUpstreamChecks: readonly Check[] = [
  {
    id: 'upstream-under-other-rules',
    severity: 'note',
    finds: 'One address or function under the rules of two apps',
    why: 'Both apps of the file lead to the same page. Whoever the rules of the one refuse may come in by the other: in force is the weaker of the two.',
    fix: 'Give both the same rules, or let one of them lead elsewhere. If the second address is meant for other people, leave it as it is.',
    example: `wiki:
  upstream: http://10.0.0.5:5000
  require: { groups: staff }
board:
  upstream: http://10.0.0.5:5000
  require: signed_in`,
    find: (subject) => {
      const { gateway } = subject
      return gateway.apps.flatMap((app, index) => {
        const twins = gateway.apps.slice(0, index).filter((one) => isOneServer(one.upstream, app.upstream))
        for (const twin of twins.slice(0, mostTwins)) {
          const path = differing(gateway, twin, app)
          if (path === null) continue
          const message = `"${twin.name}" leads to ${path} there too, under another rule: the weaker of both is in force`
          return [foundAt(subject, upstreamPath(subject, app.name), message)]
        }
        return []
      })
    },
  },
]

/** Hundreds of apps may share one server, each with a path of its own. */
const mostTwins = 20

/** A path of the upstream to which both lead and let in other people, as its address has it; null: they have none. */
function differing(gateway: Gateway, one: App, other: App): string | null {
  for (const [from, to] of [
    [other, one],
    [one, other],
  ] as const) {
    const [origin, otherOrigin] = [originOf(gateway, from), originOf(gateway, to)]
    if (origin === undefined || otherOrigin === undefined) continue
    for (const location of [from.fallback, ...from.allLocations]) {
      const example = exampleRequest(origin, location)
      const path = example === null ? null : pathAtUpstream(from, example.path)
      const twin =
        example === null || path === null ? null : locationAt(otherOrigin, to, path, example.method)
      if (twin !== null && !letsInTheSame(gateway, [from, location], [to, twin])) return path
    }
  }
  return null
}

function originOf({ hosts }: Gateway, app: App): Origin | undefined {
  return [...hosts.values()].find(({ apps }) => apps.includes(app))
}

function pathAtUpstream(app: App, path: string): string | null {
  const reading = readTarget(path)
  return reading.ok ? pathOfUpstream(app, reading.target) : null
}

/** The location of an app that judges who asks for a path of its upstream; null: none of its addresses leads there. */
function locationAt(origin: Origin, app: App, path: string, method: string): Location | null {
  const { basePath, stripPrefix } = app.upstream
  if (basePath !== '' && path !== basePath && !path.startsWith(`${basePath}/`)) return null
  const rest = path.slice(basePath.length)
  const prefix = app.prefix.map((segment) => `/${encodeURIComponent(segment)}`).join('')
  const target = readTarget(`${stripPrefix ? prefix : ''}${rest}` || '/')
  if (!target.ok) return null
  const place = matchRoute(origin, target.target, method)
  return place.kind === 'app' && place.app === app ? place.location : null
}

type Placed = readonly [App, Location]

function letsInTheSame(gateway: Gateway, [app, one]: Placed, [otherApp, other]: Placed): boolean {
  const [a, b] = [one.access, other.access]
  if (a.kind !== 'rule' || b.kind !== 'rule') return a.kind === b.kind
  return isSameRule(
    { requirement: a.requirement, accepted: acceptedAt(gateway, app, one) },
    { requirement: b.requirement, accepted: acceptedAt(gateway, otherApp, other) },
  )
}
