import type { Shadow } from '../../core/gateway.ts'
import type { AppOfOrigin, Hosts } from './origin.ts'

/** The rules of a file as they would be with its `enforce: false` taken away; null where that stands nowhere. */
export function shadowWithin(hosts: Hosts, apps: readonly AppOfOrigin[]): Shadow | null {
  const rehearsed = apps.flatMap(({ app, rehearsal }) =>
    (rehearsal?.locations ?? []).map((location) => ({ app: app.name, location })),
  )
  if (rehearsed.length === 0) return null
  const inForce = new Map(apps.map(({ app, rehearsal }) => [app, rehearsal?.app ?? app]))
  const origins = [...hosts.values()].map((origin) => {
    const members = origin.apps.map((app) => inForce.get(app) ?? app)
    return [origin.origin, { ...origin, apps: members }] as const
  })
  return { file: null, rehearsed, origins: new Map(origins) }
}
