import type { Forwarding, Timeouts, UpstreamSettings } from '../../core/gateway.ts'
import type { Secret } from '../../core/secret.ts'
import type { OptionalKeys } from '../schema/app.ts'
import type { forwardingKeys } from '../schema/forwarding.ts'
import type { Checked } from '../validate.ts'
import { buildIdentityHeaders } from './identity-header.ts'
import { buildResponseHeaders } from './response-headers.ts'
import { buildTokenHeaders } from './token-headers.ts'

/** The keys that decide how a request is passed on, as they hold at one place. */
export type ForwardingKeys = Required<Checked<OptionalKeys<typeof forwardingKeys>>>

/** How an allowed request is passed on, for an app of this origin. */
export function buildForwarding(keys: ForwardingKeys, origin: string): Forwarding {
  const responseHeaders = buildResponseHeaders(keys.response_headers)
  return {
    identityHeaders: buildIdentityHeaders(keys.identity_headers),
    tokenHeaders: buildTokenHeaders(keys.identity_headers),
    ...(responseHeaders === undefined ? {} : { responseHeaders }),
    timeouts: buildTimeouts(keys.timeouts),
    maxBodyBytes: keys.max_body,
    websocketOrigins: websocketOrigins(keys.websocket, origin),
    corsPreflight: keys.cors_preflight,
    cache: keys.cache,
    upstreamAuthorization: 'pass',
    cors: { kind: 'deny' },
    corsHeaders: [],
  }
}

/** `headers` of an upstream or a location. */
export function buildSetHeaders(headers: Readonly<Record<string, Secret>>): UpstreamSettings['headers'] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }))
}

export function buildTimeouts(keys: ForwardingKeys['timeouts']): Timeouts {
  const { connect, response, idle, keep_alive: keepAlive, body } = keys
  return {
    connectSeconds: connect,
    responseSeconds: response,
    idleSeconds: idle,
    keepAliveSeconds: keepAlive ?? null,
    body: body === null ? null : { graceSeconds: body.grace, bytesPerSecond: body.min_rate },
  }
}

function websocketOrigins(websocket: ForwardingKeys['websocket'], origin: string): readonly string[] | null {
  if (websocket === false) return null
  return websocket === true ? [origin] : websocket.origins
}
