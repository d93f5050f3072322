import type { Location } from '../../core/gateway.ts'
import type { ConfigPath } from '../node.ts'
import type { Place } from './forwarding-place.ts'
import { faultAt, isWritten, type Scope } from './scope.ts'

/** What keys of forwarding may not say where requests are signed. `ofApp`: where the app's own key stands. */
export function checkSignedForwarding(
  scope: Scope,
  ofApp: (key: string) => ConfigPath,
  places: readonly Place[],
): void {
  for (const { path, location } of places) {
    for (const [key, why] of faultsOf(location)) {
      const at = path === null ? ofApp(key) : [...path, key]
      // What the app says for all of its places is told once.
      if (isWritten(scope, at)) faultAt(scope, at, why)
    }
  }
}

function faultsOf({ forwarding }: Location): readonly (readonly [string, string])[] {
  const { upstreamAuthorization, websocketOrigins } = forwarding
  return [
    ...(upstreamAuthorization === 'strip'
      ? []
      : [['upstream_authorization', authorization(upstreamAuthorization)] as const]),
    ...(websocketOrigins === null ? [] : [['websocket', webSocket] as const]),
  ]
}

function authorization(how: string): string {
  return `is ${how}, and \`upstream.aws\` writes \`Authorization\` itself: the signature stands there; write \`upstream_authorization: strip\` in the app, or leave the key out`
}

const webSocket =
  'cannot stand where requests are signed (`upstream.aws`): nothing behind such an address opens WebSockets; write `websocket: false`'
