import { basename } from 'node:path'
import type { Effect, FindingKind } from '../finding.ts'
import { unknownSetting } from './accounts.ts'
import { found, type OauthProxy, settingText } from './proxy.ts'

type Note = readonly [FindingKind, string, Effect?]

/** What is said of a key whatever its value. */
const always: Readonly<Record<string, Note>> = {
  cookie_secret_file: ['changed', 'see SESSION_SECRET: it has to be a new one, of at least 32 bytes'],
  cookie_domains: [
    'changed',
    'a session belongs to one origin; no cookie is shared between hosts. Several hosts are several apps',
    'stricter',
  ],
  cookie_path: ['changed', 'the cookie holds for the whole origin'],
  cookie_csrf_expire: ['not-needed', 'an attempt to sign in has its own cookie, and a time of its own'],
  cookie_csrf_per_request: ['not-needed', 'an attempt to sign in has its own cookie always'],
  cookie_csrf_per_request_limit: ['not-needed', 'the number of open attempts is limited'],
  whitelist_domains: ['changed', 'people return to a path of the same origin, never to another host'],
  login_url: [
    'changed',
    'the provider’s metadata names it. Is the provider reached by another address than people use: `internal_url`',
  ],
  redeem_url: ['changed', 'the provider’s metadata names it'],
  profile_url: ['changed', 'the provider’s metadata names it'],
  validate_url: ['changed', 'the provider’s metadata names what is needed'],
  oidc_jwks_url: ['changed', 'the provider’s metadata names it'],
  pubjwk_url: ['not-needed', 'keys are named by the provider’s metadata'],
  backend_logout_url: [
    'changed',
    'sign-out at the provider follows its metadata: its answer brings people back to /.auth/logged-out',
  ],
  oidc_public_key_files: ['not-convertible', 'keys are read from the provider’s metadata'],
  htpasswd_file: [
    'not-convertible',
    'passwords are not kept here: give these people accounts at the provider',
    'stricter',
  ],
  htpasswd_user_groups: ['not-convertible', 'see htpasswd_file'],
  oidc_audience_claims: ['not-convertible', 'the audience is `aud`, as OpenID Connect says', 'either'],
  azure_graph_group_field: ['not-convertible', 'groups come from claims: of Microsoft, by their ids'],
  ping_path: ['changed', '`/.auth/health` answers on every host, `/readyz` at the admin address'],
  ready_path: ['changed', '`/readyz` at the admin address'],
  ping_user_agent: ['changed', 'nothing is decided by the User-Agent: let it ask `/.auth/health`'],
  gcp_healthchecks: ['changed', 'let it ask `/.auth/health`'],
  custom_templates_dir: [
    'changed',
    'pages are the gateway’s own; `title` and `contact` stand on them, and `pages` sets logo, colour, languages and sentences',
  ],
  custom_sign_in_logo: [
    'changed',
    '`pages.logo` takes a picture file for all pages; `icon` is the provider’s',
  ],
  banner: ['changed', 'pages are the gateway’s own; `pages.texts` replaces their sentences'],
  footer: ['changed', 'pages are the gateway’s own; `pages.texts` replaces their sentences'],
  display_htpasswd_form: ['not-needed', 'there is no form for passwords'],
  user_id_claim: ['kept', 'the claim of the address'],
  azure_tenant: ['not-needed', 'of another kind of provider'],
  google_admin_email: ['not-needed', 'Google’s directory is not asked'],
  google_service_account_json: ['not-needed', 'Google’s directory is not asked'],
  google_target_principal: ['not-needed', 'Google’s directory is not asked'],
  google_use_application_default_credentials: ['not-needed', 'Google’s directory is not asked'],
  google_use_organization_id: ['not-needed', 'Google’s directory is not asked'],
  github_token: ['not-needed', 'GitHub’s interface is not asked'],
  use_system_trust_store: [
    'changed',
    '`ca_file` replaces the system’s authorities: put all that are needed into it',
  ],
  request_id_header: ['changed', 'each request gets an id of the gateway’s own, which log and pages show'],
  tls_min_version: ['changed', 'TLS 1.2 and 1.3 are spoken'],
  tls_cipher_suites: ['changed', 'the suites are Node’s'],
  metrics_secure_address: ['not-convertible', 'the admin address speaks no TLS'],
  metrics_tls_cert_file: ['not-convertible', 'the admin address speaks no TLS'],
  metrics_tls_key_file: ['not-convertible', 'the admin address speaks no TLS'],
  upstream_timeout: ['kept', '`timeouts.response`'],
  flush_interval: ['not-needed', 'every piece of an answer is passed on at once'],
  allow_query_semicolons: ['not-needed', 'the query is passed on untouched'],
  encode_state: ['not-needed', 'state is opaque'],
  relative_redirect_url: ['changed', 'the redirect URI is whole, from the app’s `url`'],
  session_cookie_minimal: ['not-needed', 'the cookie holds a key alone'],
  skip_claims_from_profile_url: [
    'changed',
    '`claims_from: [id_token]` says the same; userinfo is asked otherwise',
  ],
  exclude_logging_paths: ['changed', 'the access log has every request'],
  silence_ping_logging: ['not-needed', 'health is not in the access log'],
  env_file: ['kept', 'read with it'],
  cookie_insecure: ['changed', 'cookies are Secure wherever `url` is https'],
  cookie_not_http_only: ['changed', 'cookies are always HttpOnly'],
  adfs_skip_scope: ['changed', '`scopes` are always asked for'],
  force_code_challenge_method: ['kept', 'PKCE is always used, with S256'],
  auth_request_response_mode: ['not-needed', '`response_mode` is chosen by the gateway'],
  additional_claims: ['not-needed', '`identity_headers` takes any claim'],
  provider_id: ['not-needed', 'the provider’s name is chosen from its issuer'],
  http_proxy: ['not-needed', 'HTTPS_PROXY and NO_PROXY are honoured'],
  'upstreamConfig.proxyRawPath': [
    'changed',
    'paths reach the app as they came; `allow_encoded: [slash]` lets %2F through',
  ],
  version: ['not-needed', 'asks for nothing'],
  convert_config_to_alpha: ['not-needed', 'asks for nothing'],
  help: ['not-needed', 'asks for nothing'],
}

/** What is said of a switch that is on; off, it is as it always is here. */
const whenOn: Readonly<Record<string, Note>> = {
  skip_oidc_discovery: [
    'not-convertible',
    'see that ISSUER/.well-known/openid-configuration answers: a provider without metadata cannot be used',
  ],
  insecure_oidc_skip_issuer_verification: [
    'not-convertible',
    'the issuer is always compared exactly: write the one of your tenant',
  ],
  insecure_oidc_skip_nonce: ['changed', 'the nonce is always checked'],
  ssl_insecure_skip_verify: [
    'not-convertible',
    'the provider’s certificate is always verified: name its authority in `ca_file`',
  ],
  ssl_upstream_insecure_skip_verify: [
    'changed',
    'certificates of apps are always verified: name their authority in `upstream.ca_file`',
  ],
  show_debug_on_error: ['changed', 'pages tell nothing of the inside; the log does, by the request’s id'],
  force_https: [
    'changed',
    'a GET that a trusted proxy says came by http is sent to https; the rest is refused',
  ],
  skip_auth_preflight: [
    'changed',
    '`cors_preflight: pass`: OPTIONS alone is no preflight, it needs Origin and Access-Control-Request-Method',
    'stricter',
  ],
  force_json_errors: ['kept', '`unauthenticated: deny`: 401 everywhere, and never a redirect'],
  skip_provider_button: ['kept', 'with one provider nobody is asked to choose'],
  entra_id_federated_token_auth: [
    'not-convertible',
    'a token of the platform as the client’s proof is not available yet',
  ],
}

/** What is said of a switch that is off. */
const whenOff: Readonly<Record<string, Note>> = {
  cookie_secure: ['changed', 'cookies are Secure wherever `url` is https'],
  cookie_httponly: ['changed', 'cookies are always HttpOnly'],
  skip_auth_strip_headers: ['changed', 'identity headers of clients are always taken off'],
  skip_provider_button: [
    'changed',
    'with one provider there is no page with a button: navigations go to the provider at once',
  ],
  pass_host_header: ['kept', 'no `preserve_host`: the app gets its own name as Host'],
  proxy_websockets: ['kept', 'no `websocket`'],
}

const logging = /^(?:auth|standard|request)_logging(?:_format)?$|^logging_|^errors_to_info_log$/

/** Whatever nothing was said of yet: known or not, each setting is in the report. */
export function noteSettings(proxy: OauthProxy, files: readonly string[]): void {
  if (proxy.flag('proxy_websockets', true) && proxy.source.upstreams === null) {
    proxy.say('proxy_websockets', 'changed', '`websocket: true`: from pages of the app’s own origin alone', {
      always: true,
    })
  }
  proxy.report(
    found(
      'max-body',
      'changed',
      null,
      'max_body',
      'bodies of more than 10 MiB get 413 here; `max_body` sets another limit',
    ),
  )
  for (const key of new Set(proxy.untold().map((one) => one.key))) {
    const untold = proxy.untold().filter((one) => one.key === key)
    const isEmpty = untold.every(({ values }) => values.every((value) => value === ''))
    const note = isEmpty ? null : noteOf(key, proxy, files)
    if (note === null) {
      if (!isEmpty) for (const setting of untold) proxy.report(unknownSetting(setting))
      proxy.leave(key)
      continue
    }
    const [kind, message, effect] = note
    proxy.say(key, kind, message, effect === undefined ? {} : { effect })
  }
  for (const setting of proxy.source.overridden) {
    proxy.report(
      found('overridden', 'not-needed', setting.at, settingText(setting), 'set again where it counts more'),
    )
  }
}

function noteOf(key: string, proxy: OauthProxy, files: readonly string[]): Note | null {
  const on = whenOn[key]
  const off = whenOff[key]
  if (proxy.flag(key, false) && on !== undefined) return on
  if (on !== undefined || off !== undefined) {
    if (!proxy.flag(key, false) && off !== undefined) return off
    return ['kept', 'as it always is here']
  }
  if (key === 'code_challenge_method') {
    return proxy.text(key) === 'S256'
      ? ['kept', 'PKCE is always used']
      : ['changed', 'PKCE is always used, with S256']
  }
  if (key === 'config' || key === 'alpha_config') {
    const name = basename(proxy.text(key) ?? '')
    return files.some((file) => basename(file) === name)
      ? ['kept', 'read with it']
      : ['not-convertible', 'that file holds settings too: name it beside this one']
  }
  if (logging.test(key))
    return ['not-needed', 'the log is JSON lines on standard output; `log.level` chooses']
  if (/^redis_/.test(key))
    return ['not-needed', 'belongs to another way of keeping sessions: see session_store_type']
  return always[key] ?? null
}
