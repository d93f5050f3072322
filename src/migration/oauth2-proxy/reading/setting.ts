import type { SourcePosition } from '../../source-position.ts'

/** Where a setting was made: oauth2-proxy takes flags before the environment, and that before its files. */
export type Origin = 'file' | 'environment' | 'flag'

/** One setting of oauth2-proxy, under the name that its configuration file has for it. */
export interface Setting {
  readonly key: string
  /** As it was written: `--email-domain`, `OAUTH2_PROXY_EMAIL_DOMAINS`, `email_domains`. */
  readonly name: string
  /** Numbers and booleans as their text. */
  readonly values: readonly string[]
  readonly origin: Origin
  readonly at: SourcePosition
}

export interface ReadingFault {
  readonly at: SourcePosition
  readonly message: string
}

// Flags that may be given several times are plural in files and in the environment.
const plurals: ReadonlySet<string> = new Set([
  ...['allowed_group', 'allowed_role', 'api_route', 'cookie_domain', 'email_domain', 'extra_jwt_issuer'],
  ...[
    'github_user',
    'gitlab_group',
    'gitlab_project',
    'google_group',
    'keycloak_group',
    'oidc_extra_audience',
  ],
  ...[
    'oidc_audience_claim',
    'provider_ca_file',
    'redis_cluster_connection_url',
    'redis_sentinel_connection_url',
  ],
  ...[
    'skip_auth_route',
    'tls_cipher_suite',
    'trusted_ip',
    'trusted_proxy_ip',
    'upstream',
    'whitelist_domain',
  ],
  ...['htpasswd_user_group', 'entra_id_allowed_tenant', 'oidc_enabled_signing_alg', 'exclude_logging_path'],
  ...['allowed_email'],
])

const lists: ReadonlySet<string> = new Set([...[...plurals].map((key) => `${key}s`), 'skip_auth_regex'])

/** `--email-domain` and `EMAIL_DOMAINS` are both `email_domains`. */
export function keyOf(name: string): string {
  const key = name.toLowerCase().replaceAll('-', '_')
  return plurals.has(key) ? `${key}s` : key
}

export function isListKey(key: string): boolean {
  return lists.has(key)
}

/** Lists are split at commas wherever they are one text, as oauth2-proxy splits them: also inside an expression. */
export function valuesOf(key: string, text: string): readonly string[] {
  if (!isListKey(key)) return [text]
  return text
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '')
}
