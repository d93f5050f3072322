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
    'oidc_public_key_file',
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

/** The name that oauth2-proxy reads in files and in the environment, for one that it reads of flags alone. */
export function pluralOf(name: string): string | null {
  const key = name.toLowerCase()
  // The one that was read in the environment, and still is.
  return plurals.has(key) && key !== 'google_group' ? `${name}${name === key ? 's' : 'S'}` : null
}

/** Lists are split at commas wherever they are one text, as oauth2-proxy splits them: also inside an expression. */
export function valuesOf(key: string, text: string): readonly string[] {
  if (!isListKey(key)) return [text]
  return text.split(',').filter((value) => value !== '')
}

// Of settings that are not known the value may be anything, so names that sound like one are enough.
const secretive =
  /secret(?!_file$)|password|token|signature_key|(?:jwt|api)_?key$|connection_urls?$|service_account_json$|\.value$/i

/** Whether the value of a setting may be secret: it is neither shown nor needed here. */
export function isSecret(key: string): boolean {
  return secretive.test(key)
}

/** A variable of the environment, by its name behind `OAUTH2_PROXY_`. */
export function variableSetting(name: string, value: string, at: SourcePosition): Setting {
  const key = keyOf(name)
  return { key, name: `OAUTH2_PROXY_${name}`, values: valuesOf(key, value), origin: 'environment', at }
}

/** Why a name cannot be that of another program's variable, which would be none of its business; null when it can. */
export function variableFault(name: string): string | null {
  if (/^[A-Z_][A-Z0-9_]*$|^(?:https?|no|all)_proxy$/.test(name)) return null
  return `${name} is no variable that anything reads: expected OAUTH2_PROXY_NAME`
}

/** A variable whose value is not in the file: nobody needs that of a secret; any other one decides something. */
export function hiddenSetting(name: string, at: SourcePosition): Setting | ReadingFault {
  const setting = variableSetting(name, '', at)
  return isSecret(setting.key) ? { ...setting, values: [''] } : { at, message: filledIn(setting.name) }
}

/** Whether a shell or a container's tool would put something into a text. */
export function isFilledIn(text: string): boolean {
  return /(?<!\$)\$(?:\{?[A-Za-z_]|\()/.test(text)
}

export function filledIn(name: string): string {
  return `the value of ${name} is filled in by the shell, or comes from its environment: write the value itself`
}
