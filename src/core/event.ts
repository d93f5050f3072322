/** The events of the log: constant words, so that a query written today works next year. Facts are in fields. */
export const events = {
  request: 'The access line: one for each request, at its end.',
  'request.unreadable': 'Bytes that are no HTTP request; the connection was closed.',
  'gateway.started': 'The gateway listens.',
  'gateway.stopping': 'A signal came. There are no new connections, and requests in flight may finish.',
  'gateway.stopped': 'Everything is closed.',
  'config.warning': 'The configuration works, but there is something that an operator should know.',
  'connections.refused':
    'A client network has as many connections as it may have, and the newest were reset. This is said at most once a minute.',
  'proxy.untrusted':
    'A proxy passes requests on, and `trusted_proxies` does not name it. So clients cannot be told apart. This is said once.',
  'config.shadow':
    'Rules are rehearsed. They are judged, logged and counted beside those in force, and enforced nowhere.',
  'config.loaded': 'A changed configuration was read, checked, and serves from now on.',
  'config.unchanged':
    'The files of the configuration were read again and hold what they held. Nothing was loaded.',
  'config.detached':
    'A file of the configuration was removed or replaced where it is kept. It is still here, because it was mounted by itself, so changes are never seen. Mount its folder instead.',
  'config.list-empty':
    'A file that a rule names as `lines:` has no entries: the condition lets nobody in, and neither does its negation.',
  'config.rejected': 'A changed configuration has faults. The one before goes on serving.',
  'worker.started': 'A worker serves: at the start, and instead of one that ended.',
  'worker.ended': 'A worker ended though nobody had asked it to. Another one takes its place.',
  'health.unavailable':
    'The socket by which `claimgate health` asks could be placed nowhere. `claimgate health` says that no gateway answers, although this one serves.',
  'certificate.ending':
    'A certificate ends within a week, or has ended. This is said daily. Of one that a provider or an app showed, it is also said once when it ends within 30 days.',
  'certificate.refused':
    'A client showed a certificate that counts as none (`error`). The client is served as one without. This is said at most once a minute of each cause.',
  'login.started': 'A browser was sent to a provider.',
  'login.completed': 'A session began.',
  'login.failed': 'A sign-in ended without a session.',
  'form.kept':
    'A form met a sign-in, and waits for it for ten minutes: `resume` of the app or location says so.',
  'form.not-kept': 'The same, but it could not be kept. The person was told to send it once more.',
  'form.resumed': 'A form that had waited was sent to the app.',
  'session.ended':
    'A session ended before its time. `how` says by whom: the person, or the provider. `why` says more if the provider was asked again (`recheck`).',
  'session.renewed':
    'A provider was asked again for a session (`recheck`, or a token for an app), and answered. From now on its claims count.',
  'logout.provider': 'A provider said that somebody signed out there, and the sessions here ended.',
  'logout.failed': 'The same, but it was refused, or could not be done.',
  'session.displaced': 'A person began one more session than a person may have, so the oldest one ended.',
  'sessions.revoked': 'Somebody ended sessions by `claimgate sessions revoke`.',
  'key.created':
    'Somebody made an API key. `by` says how: at the `admin` address, by a `command`, or by the person on the `keys-page`.',
  'key.rotated': 'The same gave a key a new secret.',
  'key.changed': 'The same changed the origins whose pages may have widgets of a key.',
  'key.revoked': 'The same revoked a key. From now on it opens nothing.',
  'key.rejected':
    'A key was refused though its secret is right: it is over, revoked, asleep or for something else (`reason`). This is said at most once an hour of one key and reason.',
  'token.issued':
    'Somebody got a token at `/.auth/token`: for a key, for a pair of a provider, or for a refresh token.',
  'key.sleeps-soon':
    'A person’s key falls asleep within a week (`sleeps_at`), unless the person signs in again. This is said daily.',
  'admin.refused': 'Somebody sent a wrong token to the admin address. This is said at most once a minute.',
  'command.unreadable':
    'The store held records of commands that are none. They were removed; nothing of them is written.',
  'provider.ready': 'The metadata of a provider was read.',
  'provider.email-unverified':
    'A rule or a header asks for an e-mail address, and one came that the provider does not call verified. It counts as missing. This is said once for each provider.',
  'provider.clock-differs':
    'The clock of a provider and that of this machine differ by more than a minute, by the `Date` of an answer. This is said once for each provider.',
  'limits.uncounted':
    'The store of `limits` did not answer, and `limits_fail: open` let requests in without counting them. This is said at most once a minute. `app` is that of the last of them.',
  'provider.unanswered':
    'A provider did not answer when it was asked again for sessions (`recheck`). They go on until `unanswered` is over. This is said at most once a minute.',
  'provider.insufficient':
    'A provider was asked again for a session (`recheck`), and did not say what rules, headers, limits or keys go by. The session ended, and its person signs in again. `warning` says what to ask the provider for. This is said once.',
  'exchange.refused':
    'A provider did not take a customer’s pair (`exchange`) for a reason that an operator can cure. `warning` says how. This is said once an hour for each provider and reason.',
  'provider.not-revoked':
    'A refresh token that nobody uses any more could not be revoked at the provider. It ends by itself. This is said at most once a minute.',
  'provider.failed': 'A provider could not be reached or answered nonsense.',
  'upstream.failed': 'An app could not be reached or broke off.',
  'upstream.secret-reflected':
    'An app sent the shared secret back in a header, and the gateway removed it. Find out why the app echoes headers.',
  'store.failed': 'The session store could not be read or written.',
  'websocket.opened': 'A WebSocket was passed through.',
  'websocket.closed':
    'It ended. `reason` is there if the gateway ended it, because the rules no longer let this person in or because the session ended.',
  'event-stream.ended':
    'The gateway ended server-sent events, because the rules no longer let this person in (`reason`).',
  'log.dropped':
    'The reader of the log had stalled. Lines were dropped between the line before and this one.',
  'internal.failed': 'A fault of the gateway itself. Please report it.',
} as const

export type EventName = keyof typeof events

const inAccessLine = [
  ...(['request_id', 'method', 'host', 'path', 'app', 'location', 'other_locations'] as const),
  ...(['decision', 'reason', 'detail', 'limit'] as const),
  ...(['status', 'code', 'ms', 'client', 'subject', 'provider', 'session'] as const),
  ...(['credential', 'key', 'certificate', 'edition'] as const),
  ...(['shadow_decision', 'shadow_reason', 'shadow_location', 'shadow_detail'] as const),
] as const
const ofFault = ['code', 'error', 'cause', 'stack'] as const
/** What ties the lines of a process to the files that it read. */
const ofConfiguration = ['version', 'instance', 'edition', 'digest', 'access'] as const
const ofFormer = ['version_before', 'digest_before', 'access_before'] as const
const ofReload = ['asked_by', 'changed'] as const
const ofWebSocket = ['request_id', 'app', 'location'] as const

const ofKey = [
  ...(['request_id', 'client', 'key', 'name', 'by'] as const),
  ...(['subject', 'operator', 'machine', 'ran_at'] as const),
] as const

/** Which fields an event may have beside `level`, `time` and `event`. A field without a value is left out. */
export const eventFields = {
  request: inAccessLine,
  'request.unreadable': ['code'],
  'gateway.started': [
    ...ofConfiguration,
    ...ofFormer,
    'host',
    'port',
    'places',
    'admin_port',
    'apps',
    'workers',
  ],
  'gateway.stopping': [],
  'gateway.stopped': [],
  'config.warning': ['warning'],
  'connections.refused': ['network', 'count'],
  'proxy.untrusted': ['peer', 'warning'],
  'config.shadow': ['rehearsed', 'shadow'],
  'config.loaded': [...ofReload, ...ofConfiguration, ...ofFormer, 'apps'],
  'config.unchanged': ['asked_by', 'edition'],
  'config.detached': ['file'],
  'config.list-empty': ['file'],
  'config.rejected': [...ofReload, 'faults', 'edition'],
  'worker.started': ['worker', 'pid'],
  'worker.ended': ['worker', 'pid', 'status', 'signal', 'error', 'pause_seconds', 'lines'],
  'health.unavailable': ['warning'],
  'certificate.ending': ['role', 'host', 'ends_at', 'warning'],
  'certificate.refused': ['peer', 'authority', 'certificate', 'error', 'count'],
  'login.started': ['request_id', 'provider', 'redirect_uri'],
  'login.completed': ['request_id', 'client', 'subject', 'provider', 'session'],
  'login.failed': ['request_id', 'app', 'provider', ...ofFault],
  'form.kept': ['request_id', 'app', 'session', 'bytes'],
  'form.not-kept': ['request_id', 'app', 'why'],
  'form.resumed': ['request_id', 'app', 'session', 'bytes'],
  'session.ended': [
    ...(['request_id', 'client', 'session', 'how'] as const),
    ...(['why', 'provider', 'subject', 'error'] as const),
  ],
  'session.renewed': ['provider', 'subject', 'session', 'ms'],
  'logout.provider': ['request_id', 'client', 'how', 'provider', 'ended'],
  'logout.failed': ['request_id', 'app', 'provider', 'how', ...ofFault],
  'session.displaced': ['request_id', 'subject', 'session'],
  'sessions.revoked': [
    ...(['operator', 'machine', 'ran_at', 'which', 'subject', 'claim'] as const),
    ...(['provider', 'session', 'revoked', 'keys'] as const),
  ],
  'key.created': ofKey,
  'key.rotated': ofKey,
  'key.changed': ofKey,
  'key.revoked': ofKey,
  'key.rejected': ['key', 'name', 'subject', 'reason', 'count'],
  'token.issued': [
    ...(['request_id', 'client', 'credential', 'subject', 'provider'] as const),
    ...(['key', 'name', 'expires_in'] as const),
  ],
  'key.sleeps-soon': ['key', 'name', 'subject', 'provider', 'sleeps_at'],
  'admin.refused': ['network', 'count'],
  'command.unreadable': ['count'],
  'provider.ready': ['provider', 'issuer'],
  'provider.email-unverified': ['provider', 'warning'],
  'provider.clock-differs': ['provider', 'seconds', 'warning'],
  'limits.uncounted': ['app', 'code', 'error', 'count'],
  'provider.unanswered': ['provider', 'code', 'error', 'count'],
  'provider.insufficient': ['provider', 'warning'],
  'exchange.refused': ['provider', 'warning', 'count'],
  'provider.not-revoked': ['provider', 'code', 'error', 'count'],
  'provider.failed': ['request_id', 'app', 'provider', 'retry_at', ...ofFault],
  'upstream.failed': ['request_id', 'app', ...ofFault],
  'upstream.secret-reflected': ['request_id', 'app'],
  'store.failed': ['request_id', 'app', ...ofFault],
  'websocket.opened': ofWebSocket,
  'websocket.closed': [...ofWebSocket, 'reason'],
  'event-stream.ended': [...ofWebSocket, 'reason'],
  'log.dropped': ['lines'],
  'internal.failed': ['request_id', 'app', ...ofFault],
} as const satisfies { readonly [event in EventName]: readonly FieldName[] }

/** The fields that an event may be given. */
export type EventFields<E extends EventName> = {
  readonly [field in (typeof eventFields)[E][number]]?: unknown
}

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
    'Which condition of the rule failed, what it expected and what was there. For `identity-unsendable`, which header, and how large it would be. For `host-unknown`, the host, and the nearest `url`.',
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
  retry_at: 'When the gateway tries again, in seconds since 1970.',
  warning: 'The place in the file, and what an operator should know.',
  network: 'The client network that did this last: an IPv4 address, or an IPv6 /64.',
  count: 'How many there were since the line before.',
  role: 'Which certificate it is. The gateway shows `listener` and `client`, and trusts `ca`. A provider or an app showed `provider` and `upstream`.',
  ends_at: 'When the certificate ends, in seconds since 1970.',
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
