/** The metrics by name, with the sentence that the reference gives. Labels are names of the file or closed lists. */
export const metricTexts = {
  claimgate_requests_total: 'Requests by app, decision, reason and status class.',
  claimgate_limited_total: 'Requests that a limit refused, by app and limit.',
  claimgate_shadow_decisions_total:
    'Requests that rehearsed rules judged too: by app, by the decision in force and by the rehearsed decision.',
  claimgate_request_duration_seconds:
    'Time from the first byte of a request to the last of its answer, by app.',
  claimgate_logins_total:
    'Sign-ins by provider and outcome: started, completed, failed. The provider is empty if a callback does not tell it.',
  claimgate_provider_logouts_total:
    'Sign-outs that a provider asked for, by provider, channel (back-channel, front-channel) and outcome: ended, nothing (no such session), refused, failed. The provider is empty if nobody can tell it.',
  claimgate_key_uses_total:
    'Requests with an API key by outcome: `used`, `refused` by a rule or a limit, or the reason for which the key itself was refused.',
  claimgate_token_requests_total:
    'Requests for a token at `/.auth/token` by outcome: granted, refused, throttled (too many wrong ones from the network), failed (a store or provider did not answer).',
  claimgate_forms_total:
    'Forms that met a sign-in, by app and outcome: kept, resumed (sent after it), not-kept.',
  claimgate_renewals_total:
    'Sessions for which a provider was asked again, by provider and outcome: renewed, ended, insufficient (it did not say what rules go by), unanswered.',
  claimgate_exchanges_total:
    'Customers’ pairs for which a provider was asked (`exchange`), by provider and outcome: granted, refused, unanswered.',
  claimgate_renewal_duration_seconds:
    'Time from asking a provider again to its answer in the store, by provider.',
  claimgate_provider_ready: '1 when the metadata of a provider has been read.',
  claimgate_websockets: 'WebSockets open now.',
  claimgate_held_body_bytes:
    'Bytes held now of request bodies that are sent as a whole, until the answer to them has ended.',
  claimgate_held_body_limit_bytes:
    'How many may be: `aws.held_bodies`, or one longest body for each worker where that is more. 0 if no app takes bodies as a whole.',
  claimgate_held_body_refusals_total:
    'Bodies that there was no room for, by the bound that was reached: `network` (the part of one client network) or `all`.',
  claimgate_faults_total:
    'Faults by app and code. The app is empty if none was asked for, or if nobody can tell which.',
  claimgate_connections_refused_total: 'Connections that were reset because their network had too many.',
  claimgate_log_lines_dropped_total: 'Lines of the log that were dropped because nobody read them.',
  claimgate_config_reloads_total:
    'Changed configurations by outcome: loaded, rejected, or unchanged, if the files were read again and held the same.',
  claimgate_config_current: '1 if the configuration that was read last serves, 0 if it was rejected.',
  claimgate_certificate_expires_seconds:
    'Seconds until a certificate ends, below zero if it has ended, by role (listener, client, ca; provider and upstream as seen) and host.',
  claimgate_aws_credentials_expire_seconds:
    'Seconds until the credentials end by which requests are signed for AWS, 0 if there are none, by whose they are (`whose`). They are renewed ten minutes before. Those that do not end are not shown.',
  claimgate_config_edition: 'Which loaded configuration serves, counted from 1 since the start.',
  claimgate_workers: 'Processes that serve requests now. 1 without `workers`.',
  claimgate_worker_ends_total: 'Worker processes that ended though nobody had asked them to.',
} as const

/** The labels of each: names of the file or closed lists, never a path, a user or an address. */
export const metricLabels = {
  claimgate_requests_total: ['app', 'decision', 'reason', 'status'],
  claimgate_limited_total: ['app', 'limit'],
  claimgate_shadow_decisions_total: ['app', 'decision', 'shadow'],
  claimgate_request_duration_seconds: ['app'],
  claimgate_logins_total: ['provider', 'outcome'],
  claimgate_provider_logouts_total: ['provider', 'channel', 'outcome'],
  claimgate_key_uses_total: ['outcome'],
  claimgate_token_requests_total: ['outcome'],
  claimgate_forms_total: ['app', 'outcome'],
  claimgate_renewals_total: ['provider', 'outcome'],
  claimgate_exchanges_total: ['provider', 'outcome'],
  claimgate_renewal_duration_seconds: ['provider'],
  claimgate_provider_ready: ['provider'],
  claimgate_websockets: [],
  claimgate_held_body_bytes: [],
  claimgate_held_body_limit_bytes: [],
  claimgate_held_body_refusals_total: ['bound'],
  claimgate_faults_total: ['app', 'code'],
  claimgate_connections_refused_total: [],
  claimgate_log_lines_dropped_total: [],
  claimgate_config_reloads_total: ['outcome'],
  claimgate_config_current: [],
  claimgate_certificate_expires_seconds: ['role', 'host'],
  claimgate_aws_credentials_expire_seconds: ['whose'],
  claimgate_config_edition: [],
  claimgate_workers: [],
  claimgate_worker_ends_total: [],
} as const satisfies { readonly [metric in MetricName]: readonly string[] }

export type MetricName = keyof typeof metricTexts
