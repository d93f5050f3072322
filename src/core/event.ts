import type { FieldName } from './event-fields.ts'

export { type FieldName, fields } from './event-fields.ts'

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
  'aws.credentials-fetched':
    'Credentials by which requests are signed for AWS came, for the first time or ahead of the end of the last ones. `access_key` is what CloudTrail knows the role by.',
  'aws.credentials-failed':
    'Credentials by which requests are signed for AWS could not be had (`error`). They are asked for again at `retry_at`. If `ends_at` is there, earlier ones sign until then.',
  'aws.credentials-renewed': 'They could be had again, after it had failed `count` times.',
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
  'aws.credentials-fetched': ['whose', 'access_key', 'ends_at'],
  'aws.credentials-failed': ['whose', 'error', 'retry_at', 'ends_at'],
  'aws.credentials-renewed': ['whose', 'access_key', 'count', 'ends_at'],
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
