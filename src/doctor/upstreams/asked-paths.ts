import type { App, Gateway } from '../../core/gateway.ts'
import { exampleRequest } from '../../core/request/example-request.ts'
import { readTarget, upstreamPath } from '../../core/request/target.ts'
import type { Patience } from '../patience.ts'
import type { AskedPath } from './ask.ts'

/** A path of the app's own rule and of each location; each once, as methods make no difference here. */
export function askedPaths(gateway: Gateway, app: App, patience: Patience): readonly AskedPath[] {
  const origin = [...gateway.hosts.values()].find(({ apps }) => apps.includes(app))
  const byPath = new Map<string, AskedPath>()
  for (const location of [app.fallback, ...app.allLocations]) {
    const example = origin === undefined ? null : exampleRequest(origin, location)
    const reading = example === null ? null : readTarget(example.path)
    if (example === null || reading?.ok !== true) continue
    const path = upstreamPath(app, reading.target)
    const url = app.origin + example.path
    if (!byPath.has(path)) byPath.set(path, { app, location, path, url, patience })
  }
  return [...byPath.values()]
}
