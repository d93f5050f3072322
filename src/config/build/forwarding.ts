import type { Forwarding } from '../../core/gateway.ts'
import type { forwardingKeys, OptionalKeys } from '../schema/app.ts'
import type { Checked } from '../validate.ts'

/** The keys that decide how a request is passed on, as they hold at one place. */
export type ForwardingKeys = Required<Checked<OptionalKeys<typeof forwardingKeys>>>

/** How an allowed request is passed on, for an app of this origin. */
export function buildForwarding(keys: ForwardingKeys, origin: string): Forwarding {
  return {
    identityHeaders: Object.entries(keys.identity_headers).map(([name, from]) => ({ name, from })),
    timeouts: {
      connectSeconds: keys.timeouts.connect,
      responseSeconds: keys.timeouts.response,
      idleSeconds: keys.timeouts.idle,
    },
    maxBodyBytes: keys.max_body,
    websocketOrigins: websocketOrigins(keys.websocket, origin),
    corsPreflight: keys.cors_preflight,
    cache: keys.cache,
  }
}

function websocketOrigins(websocket: ForwardingKeys['websocket'], origin: string): readonly string[] | null {
  if (websocket === false) return null
  return websocket === true ? [origin] : websocket.origins
}
