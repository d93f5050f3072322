import type { App } from '../../core/gateway.ts'
import { caselessKeys } from '../../core/request/caseless.ts'
import { beginsWith } from '../../core/request/target.ts'
import type { ConfigPath } from '../node.ts'
import { faultAt, faultAtKey, type Scope } from './scope.ts'
import type { AuthPrefix } from './service.ts'

/**
 * Where one app of an origin ignores case, no spelling of `auth_prefix` is an app’s, whichever app it is: what another
 * one has there would be reached by nobody. Of apps that ignore case themselves, `url` and `path` were told.
 */
export function checkOwnSpellings(
  scope: Scope,
  group: readonly { readonly app: App; readonly path: ConfigPath }[],
  { authPrefix, authSegments }: AuthPrefix,
): void {
  const ignoring = group.find(({ app }) => app.ignoreCase)
  if (ignoring === undefined) return
  const own = caselessKeys(authSegments)
  const isOurs = (segments: readonly (string | null)[]): boolean =>
    beginsWith(caselessKeys(segments.map((segment) => segment ?? '*')), own)
  const message = `is a spelling of ${authPrefix}, which belongs to the gateway: "${ignoring.app.name}" of this origin ignores case, so no request comes here`
  for (const { app, path } of group) {
    if (app.ignoreCase) continue
    if (isOurs(app.prefix)) faultAtKey(scope, [...path, 'url'], message)
    else
      for (const location of app.allLocations) {
        const place = scope.places.get(location)
        if (place !== undefined && isOurs(location.pattern.written))
          faultAt(scope, [...place.path, 'path'], message)
      }
  }
}
