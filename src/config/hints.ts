import { folded, nearest } from './nearest.ts'
import type { ConfigPath } from './node.ts'
import { apiKeysKeys, selfServiceKeys } from './schema/api-keys.ts'
import { appKeys, locationKeys, ownAppKeys } from './schema/app.ts'
import { bearerKeys } from './schema/bearer.ts'
import { authorityKeys, clientCertificateKeys } from './schema/client-certificates.ts'
import { exchangeKeys } from './schema/exchange.ts'
import { groupKeys, logKeys, topKeys } from './schema/file.ts'
import { listenKeys } from './schema/listen.ts'
import { pageKeys } from './schema/pages.ts'
import { providerKeys } from './schema/provider.ts'
import { sessionKeys } from './schema/session.ts'
import { redisKinds } from './schema/session-store.ts'
import { caseKeys, testsKeys } from './schema/tests.ts'

/**
 * What is said of a key that is not known at its place: what other products' key of that name is called here, what was
 * probably meant, or where it belongs.
 */
export function unknownKey(
  key: string,
  path: ConfigPath,
  known: readonly string[],
): { readonly message: string; readonly suggestion: string | null } {
  const here = nearest(key, known)
  if (here !== null && folded(here) === folded(key)) return { message: 'unknown key', suggestion: here }
  const ofRedis = path[1] === 'store' ? redisHints.get(`${path[2]}.${key}`) : undefined
  if (ofRedis !== undefined) return { message: `unknown key: ${ofRedis}`, suggestion: null }
  // What other products call a rule is a claim's or a person's name here.
  const ofTests = isOfTests(path, known)
  const hint = ofTests ? undefined : foreignKeys.get(folded(key))
  if (hint !== undefined) return { message: `unknown key: ${hint}`, suggestion: null }
  if (here !== null) return { message: 'unknown key', suggestion: here }
  const places = elsewhere.get(key)
  if (places !== undefined) return { message: `unknown key here: it belongs ${places}`, suggestion: null }
  const similar = ofTests ? null : nearest(key, foreignKeys.keys())
  if (similar !== null) return { message: `unknown key: ${foreignKeys.get(similar)}`, suggestion: null }
  const expected =
    known.length > 12 ? 'the reference lists what may stand here' : `expected ${known.join(', ')}`
  return { message: `unknown key: ${expected}`, suggestion: null }
}

/** In `tests`, or in a test file, whose top is `persons` and `cases`. */
function isOfTests(path: ConfigPath, known: readonly string[]): boolean {
  if (path.length === 0) return known.includes('cases')
  return path[0] === 'tests' || path[0] === 'cases' || path[0] === 'persons'
}

const { path, exact, methods, enforce } = locationKeys
const ownLocationKeys = { path, exact, methods, enforce }

const keysOfPlaces: readonly (readonly [string, object])[] = [
  ['at the top', { ...topKeys, ...groupKeys }],
  ['in a provider', providerKeys],
  ['in `bearer` of a provider', bearerKeys],
  ['in `exchange` of a provider', exchangeKeys],
  ['in `session`', sessionKeys],
  ['in `api_keys`', apiKeysKeys],
  ['in `api_keys.self_service`', selfServiceKeys],
  ['in `session.store`', Object.fromEntries(redisKinds.map((kind) => [kind, true]))],
  ['in an app or in `defaults`', appKeys],
  ['in an app', ownAppKeys],
  ['in a location', ownLocationKeys],
  ['in `client_certificates`', clientCertificateKeys],
  ['in an authority of `client_certificates`', authorityKeys],
  ['in `listen`', listenKeys],
  ['in `log`', logKeys],
  ['in `pages`', pageKeys],
  ['in `tests`', testsKeys],
  ['in a case of `tests`', { as: caseKeys.as, expect: caseKeys.expect, because: caseKeys.because }],
]

/** Each known key with the places where it may stand, as words. */
const elsewhere: ReadonlyMap<string, string> = (() => {
  const places = new Map<string, string[]>()
  for (const [place, keys] of keysOfPlaces) {
    for (const key of Object.keys(keys)) places.set(key, [...(places.get(key) ?? []), place])
  }
  return new Map([...places].map(([key, names]) => [key, names.join(', or ')]))
})()

const inAddress = 'write it in `url`, such as rediss://redis.example.com:6380/1'

/** Keys of one kind of Redis that another one says otherwise. */
const redisHints: ReadonlyMap<string, string> = new Map([
  ['redis.tls', 'write `url: rediss://…`'],
  ['redis.database', inAddress],
  ['redis.host', inAddress],
  ['redis.port', inAddress],
  ['redis_cluster.database', 'a cluster has one database'],
])

const openPaths = 'write a location with `require: anyone` for each open path'
const emails = 'write a rule, such as `require: { email: { domain: example.com } }`'
const headers = 'name the headers in `identity_headers`; they are always sent by the gateway alone'
const noAuthorization =
  'tokens do not go into `Authorization`: `identity_headers` sends `id_token` or `access_token` in a header of another name'
const redirect = 'the redirect URI derives from each app’s `url`; `redirect_uri` in the app sets another path'
const cookies =
  'cookies are always `__Host-`, HttpOnly and, on https, Secure; `session.cookie_name` and `session.same_site` are what can be chosen'
const noCookieDomain = 'leave it out, a session belongs to one origin; no cookie is shared between hosts'
const upstreams = 'each app has its own `upstream`, under `apps.NAME`'
const provider = 'providers stand under `providers.NAME`'
const issuer =
  'write the provider’s `issuer`; its metadata says the rest, and `metadata_url` where that is, if not below it'
const verification = 'certificates are always verified; name a private authority in `ca_file`'
const recheck = 'write `recheck: 15m` in the provider: after this it is asked again'
const stepUp = 'write `step_up` in the app or location: acr_values, auth_context, max_age or scopes'
const refused = 'what a rule refuses is always 403; what a stronger sign-in would help is `step_up`'
const pkce = 'the code flow with PKCE is always used; there is nothing to choose'

const bearerTokens =
  'write `bearer: { audiences: […] }` in the provider, and `credentials: [session, bearer]` where its tokens count'
const extraIssuers =
  'each issuer is a provider of its own: `issuer`, and `bearer: { audiences: […] }`, without a `client_id`'
const introspection =
  'write `bearer: { check: introspection, audiences: […] }` in the provider, with its `client_id` and `client_secret`'
const audienceHint = 'write `bearer: { audiences: […] }` in the provider whose tokens count'
const keysHint = 'write `api_keys: {}` at the top, and `credentials: [api_key]` where keys count'
const rateLimits = 'write `limits: [{ per: user, rate: 100/1m }]` in the app or location'

/** Keys of other gateways, folded, with what to write here. */
const foreignKeys: ReadonlyMap<string, string> = new Map(
  Object.entries({
    // oauth2-proxy
    cookie_domain: noCookieDomain,
    cookie_domains: noCookieDomain,
    cookie_secret: 'write `session.secret`, at least 32 bytes',
    cookie_expire: 'write `session.max_lifetime`',
    cookie_refresh: recheck,
    cookie_secure: cookies,
    cookie_httponly: cookies,
    cookie_samesite: 'write `session.same_site`',
    cookie_path: cookies,
    session_store_type: 'write `session.store`',
    redis_connection_url: 'write `session.store: rediss://…`',
    skip_auth_routes: openPaths,
    skip_auth_regex: openPaths,
    skip_auth_preflight: 'write `cors_preflight: pass` in the app or location',
    skip_provider_button: 'with one provider nobody is asked to choose',
    whitelist_domains: 'after a sign-in people return to a path of the same origin, never to another host',
    email_domains: emails,
    authenticated_emails_file: emails,
    allowed_groups: 'write a rule, such as `require: { groups: [admins, ops] }`',
    oidc_issuer_url: 'write `issuer` in the provider',
    oidc_groups_claim: 'write the claim in the rule itself: `require: { roles: admin }`',
    provider_display_name: 'write `label` in the provider',
    redirect_url: redirect,
    upstreams,
    http_address: 'write `listen`',
    https_address: 'write `listen: {address, tls}`',
    reverse_proxy: 'list the load balancers in `trusted_proxies`',
    real_client_ip_header: 'list the load balancers in `trusted_proxies`',
    pass_access_token: 'write `identity_headers: { X-Forwarded-Access-Token: access_token }` in the app',
    set_xauthrequest: headers,
    pass_user_headers: headers,
    set_authorization_header: noAuthorization,
    pass_authorization_header: noAuthorization,
    pass_host_header: 'write `preserve_host` in the app’s `upstream`',
    ssl_insecure_skip_verify: verification,
    ssl_upstream_insecure_skip_verify: verification,
    insecure_oidc_allow_unverified_email: 'write `trust_email: true` in the provider',
    insecure_oidc_skip_issuer_verification: 'the issuer is always compared exactly',
    code_challenge_method: pkce,
    proxy_prefix: 'write `auth_prefix`',
    skip_jwt_bearer_tokens: bearerTokens,
    extra_jwt_issuers: extraIssuers,
    oidc_extra_audiences: bearerTokens,
    bearer_token_login_fallback:
      'leave it out: a token that is not good is always 401, and never falls back to a sign-in',
    ping_path: 'write nothing: `/.auth/health` answers on every host',
    backend_logout_url: 'sign-out at the provider follows its metadata',
    // mod_auth_openidc and Apache
    OIDCOAuthIntrospectionEndpoint: introspection,
    OIDCOAuthClientID: introspection,
    OIDCOAuthClientSecret: introspection,
    OIDCOAuthRemoteUserClaim: 'write `user_id` in `bearer` of the provider',
    OIDCOAuthVerifyJwksUri: 'write `jwks_uri` in the provider, beside its `bearer`',
    OIDCOAuthServerMetadataURL: issuer,
    OIDCRedirectURI: redirect,
    OIDCClientID: 'write `client_id` in the provider',
    OIDCClientSecret: 'write `client_secret` in the provider',
    OIDCProviderMetadataURL: 'write `issuer` in the provider: its metadata is read from below it',
    OIDCProviderIssuer: 'write `issuer` in the provider',
    OIDCCryptoPassphrase: 'write `session.secret`, at least 32 bytes',
    OIDCScope: 'write `scopes` in the provider',
    OIDCRemoteUserClaim: 'write `user_id` in the provider',
    OIDCUnAuthAction: 'write `unauthenticated`, or `require: maybe_signed_in` for pass',
    OIDCUnAuthzAction: refused,
    OIDCUnAutzAction: refused,
    OIDCPathAuthRequestParams: stepUp,
    OIDCPathScope: 'write `scopes` in the provider, or `step_up: {scopes: […]}` where a page needs more',
    OIDCPreservePost: 'write `resume`; `forms` is the default, and `max_resumed_body` the largest',
    OIDCRefreshAccessTokenBeforeExpiry: recheck,
    OIDCUserInfoRefreshInterval: recheck,
    OIDCSessionInactivityTimeout: 'write `session.idle_timeout`',
    OIDCSessionMaxDuration: 'write `session.max_lifetime`',
    OIDCSessionType: 'write `session.store`',
    OIDCCacheType: 'write `session.store`',
    OIDCRedisCacheServer: 'write `session.store: redis://…`',
    OIDCCookieDomain: noCookieDomain,
    OIDCCookie: 'write `session.cookie_name`',
    OIDCCookieSameSite: 'write `session.same_site`',
    OIDCPassClaimsAs: headers,
    OIDCClaimPrefix: headers,
    OIDCResponseType: pkce,
    OIDCPKCEMethod: pkce,
    OIDCSSLValidateServer: verification,
    OIDCAuthRequestParams: 'write `authorization_parameters` in the provider',
    OIDCDefaultLoggedOutURL: 'write `post_logout_redirect_uri` in the app',
    ProxyPass: upstreams,
    RequireClaim: 'write a rule, such as `require: { organization_id: "00D5e000000HEcPEAW" }`',
    renew_access_token_on_expiry: recheck,
    use_refresh_token: recheck,
    acr_values: stepUp,
    max_age: stepUp,
    mfa: stepUp,
    // Traefik, Caddy, nginx, Pomerium, Authelia and plain words
    routes: 'write `apps`, each with its `url`, `upstream` and `locations`',
    services: 'write `apps`, each with its `url` and `upstream`',
    backend: upstreams,
    target: 'write `upstream`',
    proxy_pass: upstreams,
    from: 'write `url`',
    to: 'write `upstream`',
    host: 'write the app’s `url`, with its scheme',
    hostname: 'write the app’s `url`, with its scheme',
    domain: 'write the app’s `url`, with its scheme',
    rules: 'write `locations`, each with a `require`',
    paths: 'write `locations`, each with a `path` and a `require`',
    public: 'write `require: anyone`',
    allow: 'write `require`',
    deny: 'write `require: nobody`, or name who may pass',
    roles: 'write the claim in a rule: `require: { roles: admin }`',
    groups: 'write the claim in a rule: `require: { groups: admins }`',
    claims: 'write the claims in `require`, such as `require: { groups: admins }`',
    allowed_users: 'write a rule, such as `require: { sub: [one, another] }`',
    allow_public_unauthenticated_access: 'write `require: anyone`',
    allow_any_authenticated_user: 'write `require: signed_in`',
    pass_identity_headers: headers,
    bypass: openPaths,
    timeout: 'write `timeouts: {connect, response, idle}`',
    method: 'write `methods: [GET, POST]`',
    idp: provider,
    oidc: provider,
    identity_provider: provider,
    discovery_url: issuer,
    authorization_endpoint: issuer,
    token_endpoint: issuer,
    tls_skip_verify: verification,
    insecure_skip_verify: verification,
    port: 'write `listen: "0.0.0.0:8080"`',
    // Gateways of APIs
    api_key_auth: keysHint,
    key_auth: keysHint,
    basic_auth: keysHint,
    consumers: 'keys are made by `claimgate keys create`, and opened by `credentials: [api_key]`',
    jwt: bearerTokens,
    bearer_tokens: bearerTokens,
    bearer_only: 'write `credentials: [bearer]` in the app or location',
    audience: audienceHint,
    rate_limit: rateLimits,
    rate_limits: rateLimits,
    rate_limiting: rateLimits,
    ratelimit: rateLimits,
    throttle: rateLimits,
  }).map(([key, hint]) => [folded(key), hint]),
)
