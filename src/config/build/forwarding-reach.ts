import type { Location } from '../../core/gateway.ts'
import type { AppUnderJudgement } from './app.ts'
import { whereWritten } from './app-settings.ts'
import { isSigned } from './aws.ts'
import { checkCors } from './cors.ts'
import { checkFunctionForwarding, isFunction } from './lambda.ts'
import type { BuiltLocation } from './location-trees.ts'
import type { Scope } from './scope.ts'
import { checkSignedForwarding } from './signed-forwarding.ts'
import { checkUpstreamAuthorization } from './upstream-authorization.ts'

/** What keys of forwarding may not be at the places where they hold, which the schema of one of them cannot tell. */
export function checkForwarding(
  scope: Scope,
  app: AppUnderJudgement,
  fallback: Location,
  locations: readonly BuiltLocation[],
): void {
  const places = [{ path: null, location: fallback }, ...locations]
  const ofApp = (key: string) => whereWritten(scope, app.path, key)
  checkCors(scope, ofApp, places)
  const { upstream } = app.settings
  const ofUpstream = upstream === undefined || typeof upstream === 'string' ? {} : upstream.headers
  if (isFunction(app.settings)) checkFunctionForwarding(scope, ofApp, places)
  if (isSigned(app.settings)) checkSignedForwarding(scope, ofApp, places)
  else checkUpstreamAuthorization(scope, ofApp, places, Object.keys(ofUpstream))
}
