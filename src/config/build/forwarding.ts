import type { Credential } from '../../core/credential/credential.ts'
import type { Forwarding, Timeouts, UpstreamSettings } from '../../core/gateway.ts'
import type { Secret } from '../../core/secret.ts'
import type { OptionalKeys } from '../schema/app.ts'
import type { forwardingKeys } from '../schema/forwarding.ts'
import type { Checked } from '../validate.ts'
import { buildCors } from './cors.ts'
import { buildCredentialHeaders } from './credential-headers.ts'
import { buildIdentityHeaders } from './identity-header.ts'
import { buildResponseHeaders } from './response-headers.ts'
import { buildTokenHeaders } from './token-headers.ts'
import { accessTokenHeader, buildUpstreamAuthorization } from './upstream-authorization.ts'

/** The keys that decide how a request is passed on, as they hold at one place. */
export type ForwardingKeys = Required<Omit<Keys, 'upstream_authorization'>> & {
  readonly upstream_authorization?: Keys['upstream_authorization'] | undefined
  readonly credentials: readonly Credential[]
}

type Keys = Checked<OptionalKeys<typeof forwardingKeys>>

/** How an allowed request is passed on, for an app of this origin. */
export function buildForwarding(keys: ForwardingKeys, origin: string): Forwarding {
  const responseHeaders = buildResponseHeaders(keys.response_headers)
  const credentialHeaders = buildCredentialHeaders(keys.identity_headers)
  const { credentials } = keys
  const upstreamAuthorization = buildUpstreamAuthorization(keys.upstream_authorization, credentials)
  return {
    identityHeaders: buildIdentityHeaders(keys.identity_headers),
    tokenHeaders: [
      ...buildTokenHeaders(keys.identity_headers),
      ...accessTokenHeader(upstreamAuthorization, credentials),
    ],
    ...(credentialHeaders === undefined ? {} : { credentialHeaders }),
    ...(responseHeaders === undefined ? {} : { responseHeaders }),
    timeouts: buildTimeouts(keys.timeouts),
    maxBodyBytes: keys.max_body,
    websocketOrigins: websocketOrigins(keys.websocket, origin),
    corsPreflight: keys.cors_preflight,
    cache: keys.cache,
    upstreamAuthorization,
    ...(credentials.includes('exchange') ? { takesPairs: true } : {}),
    cors: buildCors(keys.cors),
    corsHeaders: keys.cors_headers,
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
