/** The events of the log: constant words, so that a query written today works next year. Facts are in fields. */
export const events = {
  request: 'One request, at its end: the access line.',
  'request.unreadable': 'Bytes that are no HTTP request; the connection was closed.',
  'gateway.started': 'The gateway listens.',
  'gateway.stopping': 'A signal came; no new connections, requests in flight may finish.',
  'gateway.stopped': 'Everything is closed.',
  'config.warning': 'The configuration works, with something an operator should know.',
  'connections.refused':
    'A client network has as many connections as it may; the newest were reset. Said once a minute at most.',
  'proxy.untrusted':
    'A proxy passes requests on that `trusted_proxies` does not name: clients cannot be told apart. Said once.',
  'config.shadow':
    'Rules are rehearsed: judged, logged and counted beside those in force, and enforced nowhere.',
  'config.loaded': 'A changed configuration was read, checked, and serves from now on.',
  'config.unchanged': 'Its files were read again and hold what they held; nothing was loaded.',
  'config.detached':
    'A file of the configuration was removed or replaced where it is kept, and is still here because it was mounted by itself: changes are never seen. Mount its folder instead.',
  'config.list-empty':
    'A file that a rule names as `lines:` has no entries: the condition lets nobody in, and neither does its negation.',
  'config.rejected': 'A changed configuration has faults; the one before goes on serving.',
  'health.unavailable':
    'The socket by which `claimgate health` asks could be placed nowhere: it says that no gateway answers, and this one serves all the same.',
  'login.started': 'A browser was sent to a provider.',
  'login.completed': 'A session began.',
  'login.failed': 'A sign-in ended without a session.',
  'session.ended': 'Someone signed out.',
  'session.displaced': 'A person began one more session than one may have, so the oldest ended.',
  'provider.ready': 'The metadata of a provider was read.',
  'provider.email-unverified':
    'An address came that the provider does not call verified, and a rule or a header asks for one: it counts as missing. Said once a provider.',
  'provider.failed': 'A provider could not be reached or answered nonsense.',
  'upstream.failed': 'An app could not be reached or broke off.',
  'upstream.secret-reflected':
    'An app sent the shared secret back in a header; it was taken off. Find out why it echoes headers.',
  'store.failed': 'The session store could not be read or written.',
  'websocket.opened': 'A WebSocket was passed through.',
  'websocket.closed': 'It ended.',
  'log.dropped': 'Whoever reads the log had stalled: lines were dropped between the one before and this one.',
  'internal.failed': 'A fault of the gateway itself; please report it.',
} as const

export type EventName = keyof typeof events

const inAccessLine = [
  ...(['request_id', 'method', 'host', 'path', 'app', 'location', 'other_locations'] as const),
  ...(['decision', 'reason', 'detail'] as const),
  ...(['status', 'code', 'ms', 'client', 'subject', 'provider', 'session', 'edition'] as const),
  ...(['shadow_decision', 'shadow_reason', 'shadow_location', 'shadow_detail'] as const),
] as const
const ofFault = ['code', 'error', 'cause', 'stack'] as const
/** What ties the lines of a process to the files that it read. */
const ofConfiguration = ['version', 'instance', 'edition', 'digest', 'access'] as const
const ofReload = ['asked_by', 'changed'] as const
const ofWebSocket = ['request_id', 'app', 'location'] as const

/** Which fields an event may have beside `level`, `time` and `event`. A field without a value is left out. */
export const eventFields = {
  request: inAccessLine,
  'request.unreadable': ['code'],
  'gateway.started': [...ofConfiguration, 'host', 'port', 'admin_port', 'apps'],
  'gateway.stopping': [],
  'gateway.stopped': [],
  'config.warning': ['warning'],
  'connections.refused': ['network', 'count'],
  'proxy.untrusted': ['peer', 'warning'],
  'config.shadow': ['rehearsed', 'shadow'],
  'config.loaded': [...ofReload, ...ofConfiguration, 'digest_before', 'access_before', 'apps'],
  'config.unchanged': ['asked_by', 'edition'],
  'config.detached': ['file'],
  'config.list-empty': ['file'],
  'config.rejected': [...ofReload, 'faults', 'edition'],
  'health.unavailable': ['warning'],
  'login.started': ['request_id', 'provider'],
  'login.completed': ['request_id', 'client', 'subject', 'provider', 'session'],
  'login.failed': ['request_id', 'app', 'provider', ...ofFault],
  'session.ended': ['request_id', 'client', 'session'],
  'session.displaced': ['request_id', 'subject', 'session'],
  'provider.ready': ['provider', 'issuer'],
  'provider.email-unverified': ['provider', 'warning'],
  'provider.failed': ['request_id', 'app', 'provider', 'retry_at', ...ofFault],
  'upstream.failed': ['request_id', 'app', ...ofFault],
  'upstream.secret-reflected': ['request_id', 'app'],
  'store.failed': ['request_id', 'app', ...ofFault],
  'websocket.opened': ofWebSocket,
  'websocket.closed': ofWebSocket,
  'log.dropped': ['lines'],
  'internal.failed': ['request_id', 'app', ...ofFault],
} as const satisfies { readonly [event in EventName]: readonly FieldName[] }

/** The fields that an event may be given. */
export type EventFields<E extends EventName> = {
  readonly [field in (typeof eventFields)[E][number]]?: unknown
}

/** The fields of all events, each with what it says; one name means the same everywhere. */
export const fields = {
  request_id: 'The id that the page or the problem shows to the person; the lines of one request share it.',
  method: 'The method, as it came.',
  host: 'The host of the app’s `url`; at the start the address that is listened on.',
  path: 'The path as the app gets it, without the query.',
  app: 'The name of the app in the file.',
  location: 'The location that decided: its `path`, with `methods` and `exact` where it has them.',
  other_locations: 'Where the path can be read in several ways: the locations that judged by the others.',
  decision: '`allow`, `challenge`, `deny` or `reject`.',
  reason: 'Why: one of the words below.',
  detail:
    'Which condition of the rule failed, with what was expected and what was there; of `identity-unsendable` which header, and how large it would be.',
  shadow_decision:
    'What the rehearsed rules would have decided; with the three below, only where it is something else.',
  shadow_reason: 'Why they would have.',
  shadow_location: 'The location among them that would have decided.',
  shadow_detail: 'Of a refusal of theirs, as `detail`.',
  rehearsed: 'How many locations are rehearsed.',
  shadow: 'The file that `shadow` names; absent where they are `enforce: false` in the same file.',
  status:
    'The status that the client got; 499: it went away before the end. An answer that was cut has a `code` beside it.',
  ms: 'Milliseconds until the end of the answer.',
  client: 'The address of the client, as `trusted_proxies` lets it be known.',
  subject:
    'Who: a keyed hash, as `claimgate subject` prints it; the user id with `log.subject: plain`, nothing with `off`.',
  provider: 'The name of the provider in the file.',
  session:
    'The id of a session, as `claimgate sessions` shows and takes it: a keyed hash, which opens nothing. Absent with `log.subject: off`.',
  issuer: 'The issuer of the provider.',
  code: 'A fault’s code, one of those below; of unreadable bytes the parser’s. In the access line: why an answer that had begun was cut.',
  error: 'What went wrong, for operators.',
  cause: 'The class and code of what was underneath.',
  stack: 'Where in the gateway: of faults of its own alone.',
  retry_at: 'When it will be tried again, in seconds since 1970.',
  warning: 'The place in the file, and what an operator should know.',
  network: 'The client network that did it last: an IPv4 address, or an IPv6 /64.',
  count: 'How many since the line before.',
  peer: 'The address that a connection came from.',
  edition: 'Which loaded configuration decided, counted from 1 since the start.',
  version: 'The version of claimgate.',
  instance:
    'What the request ids of this process begin with. With `edition` it ties each line to the configuration that decided.',
  digest:
    'A digest of the files that decide who gets in: the configuration, its `shadow`, and what rules put in as `lines:` or `file:`. `claimgate check --digest` prints the same of the same files.',
  digest_before: 'The digest of the configuration before.',
  access:
    'How many locations there are of each kind of access: `anyone`, `maybe_signed_in`, `signed_in`, `rule` (every other rule), `nobody`. Paths of an app that no location covers count as one.',
  access_before: 'The same of the configuration before.',
  asked_by: '`files`: a file had changed; `signal`: SIGHUP.',
  changed: 'The files that are not as they were, by their whole paths.',
  faults: 'Every fault of the file, each with its place.',
  port: 'The port that is listened on.',
  admin_port: 'The port of the admin address.',
  apps: 'How many apps there are.',
  lines: 'How many lines of the log.',
  file: 'The file, by its whole path.',
} as const

export type FieldName = keyof typeof fields
