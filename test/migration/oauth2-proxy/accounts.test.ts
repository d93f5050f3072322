// What an oauth2-proxy was told is in the report, each flag, variable, key and leaf once: what is in none of its lines
// may have kept somebody out.
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import type { Finding } from '../../../src/migration/finding.ts'
import { convertOauth2Proxy } from '../../../src/migration/oauth2-proxy/convert.ts'
import { type ProxySettings, readProxySettings } from '../../../src/migration/oauth2-proxy/reading/read.ts'
import type { Setting } from '../../../src/migration/oauth2-proxy/reading/setting.ts'

const root = fileURLToPath(new URL('../../commands/convert/', import.meta.url))
const paths = globSync(`${root}oauth2-proxy/*.txt`).toSorted()

function toldAndRead(text: string) {
  const files = [{ name: 'oauth2-proxy.cfg', text }]
  const read = readProxySettings(files)
  const conversion = convertOauth2Proxy({
    files,
    folder: `${root}oauth2-proxy-files`,
    readFile: readFromDisk,
  })
  return read.ok && conversion.ok ? { ...conversion, read } : null
}

function everything({ settings, overridden, ...lists }: ProxySettings): readonly Setting[] {
  const { upstreams, requestHeaders, responseHeaders, moreProviders } = lists
  const items = [...(upstreams ?? []), ...(requestHeaders ?? []), ...responseHeaders, ...moreProviders]
  return [...settings, ...overridden, ...items.flatMap(({ leaves }) => leaves)]
}

function findingsOf({ at, name }: Setting, findings: readonly Finding[]): readonly Finding[] {
  const isSame = (other: Finding): boolean =>
    other.at?.file === at.file && other.at.line === at.line && other.at.column === at.column
  return findings.filter((finding) => isSame(finding) && finding.what.startsWith(name))
}

/** Of a list each value may have a line of its own; no line is there twice. */
function accountsFault(setting: Setting, findings: readonly Finding[]): string | null {
  const own = findingsOf(setting, findings)
  const named = `${setting.name} of line ${setting.at.line}`
  if (own.length === 0) return `${named} has no account`
  const whats = own.map(({ what }) => what)
  if (new Set(whats).size < whats.length) return `${named} has two accounts: ${whats.join(' | ')}`
  const values = setting.values.filter((value) => value !== '')
  const missing = values.filter((value) => !whats.some((what) => what.includes(value) || what.endsWith('…')))
  return own.length > 1 && missing.length > 0 ? `${named}: no account of ${missing.join(', ')}` : null
}

t.test('each setting of each golden file has one account', async (t) => {
  let settings = 0
  for (const path of paths) {
    const [source = ''] = readFileSync(path, 'utf8').split('\n=====\n')
    const told = toldAndRead(`${source.trimEnd()}\n`)
    if (told === null) continue
    const { read, findings, lines } = told
    const all = everything(read)
    t.same(
      lines?.map(({ at }) => at),
      all.map(({ at }) => at),
      'the conversion counts them itself',
    )
    t.same(
      lines?.filter(({ kind }) => kind === null),
      [],
    )
    const faults = all.flatMap((setting) => accountsFault(setting, findings) ?? [])
    t.same(faults, [], basename(path))
    settings += all.length
  }
  t.ok(settings > 200, `${settings} settings`)
})

/** Keys of the configuration file of release 7.15, most of which no golden file has. */
const switches =
  'allow_query_semicolons auth_logging bearer_token_login_fallback convert_config_to_alpha cookie_csrf_per_request cookie_httponly cookie_secure display_htpasswd_form encode_state entra_id_federated_token_auth errors_to_info_log force_https force_json_errors gcp_healthchecks google_use_application_default_credentials google_use_organization_id insecure_oidc_allow_unverified_email insecure_oidc_skip_issuer_verification insecure_oidc_skip_nonce logging_compress logging_local_time pass_access_token pass_authorization_header pass_basic_auth pass_host_header pass_user_headers prefer_email_to_user proxy_websockets redis_insecure_skip_tls_verify redis_use_cluster redis_use_sentinel relative_redirect_url request_logging reverse_proxy session_cookie_minimal set_authorization_header set_basic_auth set_xauthrequest show_debug_on_error silence_ping_logging skip_auth_preflight skip_auth_strip_headers skip_claims_from_profile_url skip_jwt_bearer_tokens skip_oidc_discovery skip_provider_button ssl_insecure_skip_verify ssl_upstream_insecure_skip_verify standard_logging use_system_trust_store'
const texts =
  'acr_values approval_prompt auth_logging_format authenticated_emails_file azure_graph_group_field azure_tenant backend_logout_url banner basic_auth_password bitbucket_repository bitbucket_team client_id client_secret client_secret_file code_challenge_method cookie_csrf_expire cookie_csrf_per_request_limit cookie_expire cookie_name cookie_path cookie_refresh cookie_samesite cookie_secret cookie_secret_file custom_sign_in_logo custom_templates_dir exclude_logging_paths flush_interval footer github_org github_repo github_team github_token google_admin_email google_service_account_json google_target_principal htpasswd_file http_address https_address jwt_key jwt_key_file logging_filename logging_max_age login_url metrics_address metrics_secure_address metrics_tls_cert_file metrics_tls_key_file oidc_email_claim oidc_groups_claim oidc_issuer_url oidc_jwks_url oidc_public_key_files ping_path ping_user_agent profile_url prompt provider provider_display_name proxy_prefix pubjwk_url ready_path real_client_ip_header redeem_url redirect_url redis_ca_path redis_connection_url redis_password redis_sentinel_master_name redis_username request_id_header request_logging_format resource scope session_store_type signature_key tls_cert_file tls_key_file tls_min_version upstream_timeout user_id_claim validate_url'
const lists =
  'allowed_groups allowed_roles api_routes cookie_domains email_domains entra_id_allowed_tenants extra_jwt_issuers github_users gitlab_groups gitlab_projects google_groups htpasswd_user_groups keycloak_groups oidc_audience_claims oidc_enabled_signing_algs oidc_extra_audiences provider_ca_files redis_cluster_connection_urls redis_sentinel_connection_urls skip_auth_regex skip_auth_routes tls_cipher_suites trusted_ips trusted_proxy_ips upstreams whitelist_domains'

function accountsIn(text: string): readonly string[] {
  const told = toldAndRead(text)
  if (told === null) throw new Error(`not read: ${text}`)
  const { read, findings } = told
  return everything(read).flatMap((setting) => accountsFault(setting, findings) ?? [])
}

const lines: readonly string[] = [
  ...switches.split(' ').flatMap((key) => [`${key} = true`, `${key} = false`]),
  ...texts.split(' ').map((key) => `${key} = "/value"`),
  ...lists.split(' ').flatMap((key) => [`${key} = ["/a", "^/b"]`, `${key} = []`, `${key} = "/a,^/b/.*,*"`]),
  'frobnicate = "x"',
]

const others = lines.filter((line) => !line.startsWith('provider ='))

t.test('each key has one account alone', async (t) => {
  t.same(
    others.flatMap((line) => accountsIn(`provider = "oidc"\n${line}\n`)),
    [],
  )
})

t.test('each key has one account beside all others, whatever the provider', async (t) => {
  const kinds = [
    'oidc',
    'keycloak-oidc',
    'keycloak',
    'google',
    'azure',
    'entra-id',
    'gitlab',
    'github',
    'login.gov',
  ]
  for (const pick of [0, 1, 2]) {
    const byKey = Map.groupBy(others, (line) => line.split(' ')[0] ?? '')
    const text = [...byKey.values()].map((of) => of[pick % of.length] ?? '').join('\n')
    for (const kind of kinds) t.same(accountsIn(`provider = "${kind}"\n${text}\n`), [], `${kind} ${pick}`)
  }
})

t.test('each leaf of an alpha configuration has one account', async (t) => {
  const sources = ['claim: user', 'claim: id_token', 'claim: groups, prefix: "a "', 'value: x', 'fromEnv: X']
  const forms = sources.flatMap((source) => [
    `{ ${source} }`,
    source.startsWith('claim') ? `{ claimSource: { ${source} } }` : `{ secretSource: { ${source} } }`,
  ])
  const upstream =
    'flushInterval: 1s, passHostHeader: false, proxyWebSockets: true, timeout: 1s, insecureSkipTLSVerify: true, disableKeepAlives: true, odd: 1'
  const paths = ['/', '/a', '/a/', '^/a/(.*)$, rewriteTarget: /$1', '^/a/b+$, rewriteTarget: /b', '/{x}']
  const targets = [
    'uri: "https://app:1/x"',
    'uri: "unix:///run/a.sock"',
    'uri: "file:///srv"',
    'static: true, staticCode: 404',
  ]
  const texts = [
    ...forms.flatMap((form) => [
      `injectRequestHeaders:\n  - { name: X-A, preserveRequestValue: true, values: [${form}] }\n`,
      `injectResponseHeaders:\n  - { name: X-A, values: [${form}] }\n`,
    ]),
    'injectRequestHeaders:\n  - { name: X-A, values: [] }\n  - { name: X-B, values: [{ claim: a }, { claim: b }] }\n',
    ...paths.flatMap((path) =>
      targets.map(
        (to) =>
          `upstreamConfig:\n  proxyRawPath: true\n  upstreams:\n    - { id: a, path: ${path.replace(/^([^,]*)/, '"$1"')}, ${to}, ${upstream} }\n`,
      ),
    ),
    'server: { BindAddress: ":1", SecureBindAddress: ":2", TLS: { Key: { fromFile: a }, Cert: { fromFile: b }, MinVersion: c, CipherSuites: [d] } }\nmetricsServer: { BindAddress: ":3", SecureBindAddress: ":4", TLS: { Key: { fromEnv: a } } }\ncookie: { name: a, secret: { fromEnv: X }, insecure: true, notHttpOnly: true, sameSite: lax, expire: 1h, path: /, domains: [a], csrfExpire: 1m, odd: 1 }\nodd: { a: { b: [1] } }\n',
  ]
  t.same(
    texts.flatMap((text) =>
      accountsIn(
        `${text}providers: [{ id: a, provider: oidc, loginURLParameters: [{ name: a, allow: [{ value: b }] }] }, { id: b }]\n`,
      ),
    ),
    [],
  )
})

t.test('what nobody knows lets nobody in, but where it is about addresses and cookies alone', async (t) => {
  const base = `redirect_url = "https://app.example.com/"\nprovider = "oidc"\nclient_id = "a"
oidc_issuer_url = "https://idp.example.com"\nemail_domains = ["*"]\nupstreams = ["http://a:80/", "http://b:80/b/"]\n`
  const closed = (text: string): readonly boolean[] => {
    const told = toldAndRead(text)
    return [...(told?.gateway?.apps.values() ?? [])].map((app) =>
      [app.fallback, ...app.allLocations].every(({ access }) => access.kind === 'nobody'),
    )
  }
  t.same(closed(`${base}skip_auth_routes = ["^/a(/|$)"]\n`), [false, false])
  t.same(closed(`${base}skip_auth_routes = ["^/a(/|$)"]\nallowed_departments = ["a"]\n`), [true, true])
})
