/** The fields of all events, each with what it says; one name means the same everywhere. */
export const fields = {
  request_id: 'The id that the page or the problem shows to the person. All lines of one request have it.',
  method: 'The method, as it came.',
  host: 'The host of the app’s `url`. At the start it is the address on which the gateway listens.',
  places:
    'Where the gateway listens, if `listen` has several places; `host` and `port` are those of the first.',
  path: 'The path as the app gets it, without the query.',
  app: 'The name of the app in the file.',
  location: 'The location that decided: its `path`, and `methods` and `exact` if it has them.',
  other_locations: 'If the path can be read in several ways, the locations that judged the other readings.',
  decision: '`allow`, `challenge`, `deny` or `reject`.',
  reason: 'Why: one of the words below.',
  detail:
    'Which condition of the rule failed, what it expected and what was there. For `identity-unsendable` and `headers-too-large`, which header, and how large it would be. For `host-unknown`, the host, and the nearest `url`.',
  limit: 'For `limit-exceeded`, the name of the limit (`limits`).',
  shadow_decision:
    'What the rehearsed rules would have decided. This field and the three below are there only if that is something else.',
  shadow_reason: 'Why the rehearsed rules would have decided so.',
  shadow_location: 'The location of the rehearsed rules that would have decided.',
  shadow_detail: 'If the rehearsed rules would have refused, the same as `detail`.',
  rehearsed: 'How many locations are rehearsed.',
  shadow: 'The file that `shadow` names. It is absent if the rules have `enforce: false` in the same file.',
  status:
    'The status that the client got. 499 means that the client went away before the end. An answer that was cut has a `code` beside it. Of a worker it is the exit status of its process.',
  ms: 'Milliseconds until the end of the answer.',
  client: 'The address of the client, as `trusted_proxies` lets it be known.',
  subject:
    'Who is signed in: a keyed hash, as `claimgate subject` prints it. With `log.subject: plain` it is the user id, and with `off` the field is absent.',
  provider: 'The name of the provider in the file.',
  redirect_uri: 'Where the provider sends people back to. It must be registered there, to the letter.',
  session:
    'The id of a session, as `claimgate sessions` shows and takes it: a keyed hash, which opens nothing. Absent with `log.subject: off`.',
  name: 'What the key is called.',
  by: 'How something was done: at the `admin` address, by a `command`, or by a person on the `keys-page`.',
  how: 'How a session ended: by `sign-out`, or by the `sessions-page`, on which people end their other sessions, or by the provider’s `back-channel` or `front-channel`, or because the provider was asked again (`recheck`).',
  operator: 'The system user who ran the command.',
  machine: 'The machine where it ran, by its host name.',
  ran_at:
    'When it ran, in seconds since 1970: the gateway writes the line a second later, or when it starts.',
  which:
    'Whose sessions were meant: one `id`, those of a `user`, of everyone with a `claim` or of a `provider`, or `all`.',
  claim:
    'The claim that they had, as `PATH=VALUE`. A long value is shortened as in `detail`. Without `log.subject: plain` there is no value of `sub`, `email`, `preferred_username`, `phone_number` and the `user_id` of a provider.',
  revoked: 'How many sessions ended.',
  sleeps_at: 'When the claims of the key are too old to count, in seconds since 1970.',
  keys: 'How many API keys of the person were put to sleep.',
  ended: 'How many sessions ended. 0: there was none.',
  bytes: 'How long the form is.',
  why: 'Why a form was not kept: `too-large`, or `no-room`, as the session or the gateway keeps as many as it may, or `store-failed`. Of a session: what came of asking the provider again. `grant-refused`: it no longer gives tokens for this person. `subject-differs`, `user-differs`: it told of somebody else. `token-invalid`: its ID token cannot be believed. `userinfo-refused`: it does not take its own new token. `insufficient`: it did not say what rules, headers, limits or keys go by. `unanswered`: it was silent until `unanswered` was over. `not-stored`: the store did not take the new refresh token.',
  issuer: 'The issuer of the provider.',
  code: 'The code of a fault, one of those below. For unreadable bytes it is the parser’s. In the access line it says why an answer that had begun was cut.',
  error: 'What went wrong, for operators.',
  cause: 'The class and code of what caused the fault.',
  stack: 'Where in the gateway a fault of its own came from. Other faults do not have it.',
  access_key: 'The id of the access key that signs, which is not secret. AWS’s own logs name it.',
  retry_at: 'When the gateway tries again, in seconds since 1970.',
  warning: 'The place in the file, and what an operator should know.',
  network: 'The client network that did this last: an IPv4 address, or an IPv6 /64.',
  count: 'How many there were since the line before.',
  role: 'Which certificate it is. The gateway shows `listener` and `client`, and trusts `ca`. A provider or an app showed `provider` and `upstream`.',
  ends_at:
    'When the certificate ends, or the credentials by which requests are signed for AWS, in seconds since 1970.',
  whose: 'Whose credentials of AWS: `role` and its ARN, `access key` and its id, or `this process`.',
  expires_in: 'For how many seconds the token opens what it opens.',
  authority: 'The name of the authority in `client_certificates`.',
  seconds: 'By how much the clocks differ.',
  peer: 'The address from which a connection came.',
  credential:
    'By what somebody was known: `session`, `bearer`, `api_key` or `client_certificate`; also of one that was refused.',
  key: 'The id of an API key. It opens nothing.',
  certificate:
    'The client certificate that the connection showed: the first 16 characters of `x5t#S256` (RFC 8705).',
  edition: 'Which loaded configuration decided, counted from 1 since the start.',
  version: 'The version of claimgate.',
  instance:
    'The beginning of all request ids of this gateway. Together with `edition` it ties each line to the configuration that decided.',
  digest:
    'A digest of the files that decide who gets in: the configuration, its `shadow`, and the files that rules put in by `lines:` or `file:`. For the same files, `claimgate check --digest` prints the same.',
  version_before:
    'The version that served before. At the start: on this store, if it is known; after a reload it is absent.',
  digest_before:
    'The digest of the configuration before. At the start: of the last one that served on this store.',
  access:
    'How many locations there are of each kind of access: `anyone`, `maybe_signed_in`, `signed_in`, `rule` (every other rule), `nobody`. Paths of an app that no location covers count as one.',
  access_before: 'The same for the configuration before.',
  asked_by: '`files` if a file had changed, `signal` after a SIGHUP.',
  changed: 'The files that have changed, with their whole paths.',
  faults: 'Every fault of the file, each with its place.',
  port: 'The port on which the gateway listens.',
  admin_port: 'The port of the admin address.',
  apps: 'How many apps there are.',
  workers: 'How many processes take requests. It is absent if this one does.',
  worker:
    'The number of a worker, counted from 1 since the start. Its request ids have it behind the `instance`.',
  pid: 'The id of its process.',
  signal: 'The signal that ended it.',
  pause_seconds: 'After how many seconds another one is started.',
  lines: 'How many lines of the log.',
  file: 'The file, with its whole path.',
} as const

export type FieldName = keyof typeof fields
