import { filledIn, isSecret, keyOf, type ReadingFault, type Setting, valuesOf } from './setting.ts'
import type { ReadSettings } from './toml.ts'
import type { Word } from './words.ts'

// These take no value as a word of its own: `--flag`, or `--flag=false`.
const switches =
  /^(?:allow_query_semicolons|auth_logging|convert_config_to_alpha|cookie_(?:httponly|secure|csrf_per_request)|display_htpasswd_form|encode_state|entra_id_federated_token_auth|errors_to_info_log|force_(?:https|json_errors)|gcp_healthchecks|google_use_(?:application_default_credentials|organization_id)|help|insecure_oidc_\w+|logging_(?:compress|local_time)|pass_(?:access_token|authorization_header|basic_auth|host_header|user_headers)|prefer_email_to_user|proxy_websockets|redis_(?:insecure_skip_tls_verify|use_cluster|use_sentinel)|relative_redirect_url|request_logging|reverse_proxy|session_cookie_minimal|set_(?:authorization_header|basic_auth|xauthrequest)|show_debug_on_error|silence_ping_logging|skip_(?:auth_preflight|auth_strip_headers|claims_from_profile_url|jwt_bearer_tokens|oidc_discovery|provider_button)|ssl_\w*insecure_skip_verify|standard_logging|use_system_trust_store|version|bearer_token_login_fallback)$/

/** Reads oauth2-proxy's flags; a word among them that belongs to none is a fault. */
export function readFlags(words: readonly Word[], file: string): ReadSettings {
  const settings: Setting[] = []
  const faults: ReadingFault[] = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]
    if (word === undefined) break
    const at = { file, line: word.line, column: word.column }
    const [, name, value] = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word.text) ?? []
    if (name === undefined) {
      faults.push({ at, message: 'this belongs to no flag' })
      continue
    }
    const key = keyOf(name)
    const following = words[index + 1]
    const takesWord = value === undefined && !switches.test(key)
    if (takesWord && (following === undefined || /^--[a-z]/.test(following.text))) {
      faults.push({ at, message: `--${name} lacks its value` })
      continue
    }
    if (takesWord) index += 1
    const given = value ?? (takesWord ? (following?.text ?? '') : 'true')
    const isExpanded = word.isExpanded || (takesWord && following?.isExpanded === true)
    if (isExpanded && !isSecret(key)) faults.push({ at, message: filledIn(`--${name}`) })
    settings.push({ key, name: `--${name}`, values: valuesOf(key, given), origin: 'flag', at })
  }
  return { settings, faults }
}
