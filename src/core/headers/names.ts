import type { App } from '../gateway.ts'
import { isSigned } from '../upstream-settings.ts'

/**
 * Which header names are whose. WSGI, CGI and their like fold case, `-` and `_` into one variable, so names are
 * compared folded; the field names of RFC 9110 section 5.1 that have neither are the only ones that pass.
 */

/** `X_Forwarded-User` and `x-forwarded-user` are one name to an app behind WSGI. */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** The only names that are sent to apps: letters, digits and `-`. */
export function isHeaderName(name: string): boolean {
  return /^[A-Za-z0-9-]+$/.test(name)
}

/** RFC 9110 section 7.6.1 and what else concerns one connection alone; never passed on, in either direction. */
export const connectionHeaders: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['http2-settings', 'proxy-authenticate', 'proxy-authorization', 'proxy-authentication-info'],
])

export const webSocketPrefix = 'sec-websocket-'

// What the gateway or HTTP itself writes on a request to the app.
const written: ReadonlySet<string> = new Set([
  ...[
    'host',
    'content-length',
    'content-type',
    'content-encoding',
    'cookie',
    'set-cookie',
    'expect',
    'forwarded',
  ],
  ...['proxy', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'],
  ...['x-forwarded-prefix', 'x-real-ip', 'destination'],
])

/** Whether no identity header, secret header or header of `upstream.headers` may have this name. */
export function isReservedHeader(name: string): boolean {
  const folded = foldHeaderName(name)
  return connectionHeaders.has(folded) || written.has(folded) || folded.startsWith(webSocketPrefix)
}

// What some app, framework or proxy believes of a request although any client can write it. The list is in the
// reference; an operator who configures one of these names for identity gets it, the client's is dropped all the same.
export const believed: ReadonlySet<string> = new Set([
  // Where the request is for, and from whom: decided from the connection and the configuration.
  ...[
    'expect',
    'proxy',
    'forwarded',
    'x-forwarded',
    'forwarded-for',
    'forwarded-proto',
    'x-forward-for',
    'host',
  ],
  ...['x-real-ip', 'x-client-ip', 'client-ip', 'true-client-ip', 'x-cluster-client-ip', 'x-remote-ip'],
  ...['x-remote-addr', 'x-originating-ip', 'fastly-client-ip', 'cf-connecting-ip', 'cf-connecting-ipv6'],
  ...['cf-pseudo-ipv4', 'x-azure-clientip', 'x-azure-socketip', 'x-appengine-user-ip', 'x-proxyuser-ip'],
  ...['proxy-client-ip', 'x-host', 'x-scheme', 'x-url-scheme', 'front-end-https'],
  ...['x-rewrite-url', 'x-rewrite-uri', 'x-path-info', 'x-script-name', 'x-request-uri'],
  ...['path-info', 'script-name', 'request-uri', 'request-method', 'query-string'],
  // The method that was judged is the one that is sent.
  ...['x-http-method-override', 'x-http-method', 'x-method-override'],
  // Who it is, in the conventions of other gateways.
  ...[
    'auth-user',
    'auth-type',
    'x-auth-user',
    'x-auth-username',
    'x-auth-name',
    'x-auth-email',
    'x-auth-groups',
  ],
  ...['x-auth-roles', 'x-auth-subject', 'x-userinfo', 'x-id-token', 'x-credential-identifier'],
  ...['x-anonymous-consumer', 'x-endpoint-api-userinfo', 'x-jwt-assertion'],
  ...['client-cert', 'client-cert-chain'],
])
export const believedPrefixes: readonly string[] = [
  ...['x-forwarded-', 'x-original-', 'x-envoy-', 'wl-proxy-', 'x-middleware-', 'x-gateway-', 'x-claimgate-'],
  ...[
    'remote-',
    'x-remote-',
    'x-webauth-',
    'x-auth-request-',
    'x-authenticated-',
    'x-authentik-',
    'x-pomerium-',
  ],
  ...['x-vouch-', 'x-consumer-', 'x-ms-client-principal', 'x-ms-token-'],
  // What AWS's services say to each other and to functions, or read of whoever asks them: signatures, identities, contexts.
  ...['x-amz-', 'x-amzn-', 'x-apigw-'],
  // A function's whole event, as adapters of Node hand it to the app: who it is stands in it. Google's API Gateway too.
  'x-apigateway-',
  ...[
    'x-goog-iap-',
    'x-goog-authenticated-user-',
    'cf-access-',
    'tailscale-user-',
    'oidc-',
    'shib-',
    'mellon-',
  ],
  ...['x-client-cert', 'ssl-client-', 'x-ssl-'],
]

/** Those below a prefix that pass all the same: what names a trace tells nothing about anybody. */
export const passedAllTheSame: ReadonlySet<string> = new Set(['x-amzn-trace-id'])

/** Whether a client's header of this folded name stays here, whatever is configured. */
export function isDroppedFromClients(folded: string): boolean {
  if (passedAllTheSame.has(folded)) return false
  if (connectionHeaders.has(folded) || believed.has(folded) || folded.startsWith(webSocketPrefix)) return true
  return believedPrefixes.some((prefix) => folded.startsWith(prefix))
}

// What would make a server in front of us fetch a file or another address, and what tells browsers to go round us
// (Alt-Svc) or to forget our cookies (Clear-Site-Data). Server software is nobody's business.
export const instructions: ReadonlySet<string> = new Set([
  ...['x-sendfile', 'x-sendfile-type', 'x-lighttpd-send-file', 'x-lighttpd-send-tempfile'],
  ...['x-reproxy-url', 'x-reproxy-file', 'alt-svc', 'clear-site-data', 'set-cookie2'],
  ...['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version'],
])
export const instructionPrefixes: readonly string[] = ['x-accel-', 'x-litespeed-', webSocketPrefix]

/** Whether a header of this folded name in an upstream's answer stays here. */
export function isDroppedFromAnswers(folded: string): boolean {
  // It only asks a server in front to pass events on at once, which is what we do.
  if (folded === 'x-accel-buffering') return false
  return instructions.has(folded) || instructionPrefixes.some((prefix) => folded.startsWith(prefix))
}

/**
 * The folded names of every app's identity and secret headers, and of what is set for its upstream, at any location:
 * no client may send them to any app. But for `Authorization`, by which clients prove themselves to other apps: that is
 * taken at the apps where we set it, see `authorizationIsSet`.
 */
export function ownedHeaderNames(apps: readonly App[]): ReadonlySet<string> {
  const names = apps.flatMap((app) => [
    ...(app.sharedSecret === null ? [] : [foldHeaderName(app.sharedSecret.header)]),
    ...identityHeaderNames(app),
    ...upstreamHeaderNames(app),
  ])
  return new Set(names.filter((name) => name !== authorization))
}

const authorization = 'authorization'

/**
 * Whether the gateway sets `Authorization` for an app whatever a client sends: for its upstream, or as an identity
 * header. The tokens of `upstream_authorization` do not count.
 */
export function authorizationIsSet(app: App): boolean {
  return (
    upstreamHeaderNames(app).includes(authorization) ||
    identityHeaderNames(app).includes(authorization) ||
    (app.sharedSecret !== null && foldHeaderName(app.sharedSecret.header) === authorization)
  )
}

/**
 * The folded names that whoever signs a request writes, at every location of such an app: a client's own would be taken
 * for the signer's (`Authorization`), or for when it signed (`Date`, which AWS reads where there is no `X-Amz-Date`).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signersHeaderNames({ upstream }: Pick<App, 'upstream'>): readonly string[] {
  return isSigned(upstream) ? [authorization, 'date'] : []
}

/** Folded: those that tell an app who it is, wherever in it. */
export function identityHeaderNames({ fallback, allLocations, identityAssertion }: App): readonly string[] {
  const ofPlaces = [fallback, ...allLocations].flatMap(({ forwarding }) =>
    [
      ...forwarding.identityHeaders,
      ...(forwarding.credentialHeaders ?? []),
      ...forwarding.tokenHeaders.filter(({ scheme }) => scheme === undefined),
    ].map(({ name }) => foldHeaderName(name)),
  )
  return identityAssertion === null ? ofPlaces : [...ofPlaces, foldHeaderName(identityAssertion.header)]
}

/** The folded names of what is set for an app's upstream, at whichever of its locations. */
export function upstreamHeaderNames({ upstream, fallback, allLocations }: App): readonly string[] {
  const replaced = [fallback, ...allLocations].flatMap(({ forwarding }) => forwarding.headers ?? [])
  return [...upstream.headers, ...replaced].map(({ name }) => foldHeaderName(name))
}
