import type {
  AllowReason,
  ChallengeReason,
  DenyReason,
  RejectReason,
  TargetReason,
} from '../core/decision.ts'

/** One step in the life of a request. */
export interface RequestPhase {
  readonly name: string
  /** Where it stands, from `src/`, the first of them first. */
  readonly files: readonly string[]
  readonly does: string
  /** The reasons with which it can end the way of a request, by an answer of ours. */
  readonly endsWith: readonly (AllowReason | ChallengeReason | DenyReason | RejectReason)[]
  /** What is known after it, which nobody has to ask again. */
  readonly known: string
}

/** By the app that the path leads to: some apps may be sent these. */
const encodings = [
  'target-encoded-slash',
  'target-empty-segment',
  'target-encoded-hash',
  'target-encoded-question-mark',
  'target-encoded-semicolon',
  'target-double-encoding',
  'target-ambiguous',
  'target-case',
] as const satisfies readonly TargetReason[]

/**
 * The phases of a request, in their order. docs/request.md is written from them: where a phase moves, or gets another
 * reason to refuse, this is the place to say so.
 */
export const requestPhases: readonly RequestPhase[] = [
  {
    name: 'connection',
    files: [
      'http/server/listeners.ts',
      'http/server/network-connections.ts',
      'http/server/server.ts',
      'http/server/connection.ts',
      'core/limits/table.ts',
    ],
    does: 'The gateway accepts a socket, with TLS if that is configured. If the client network has too many connections, it resets the socket. Node reads a request line and headers, within limits of time and size. Requests of one connection are served one after the other. Bytes that are no HTTP get a bare 400, 408 or 431. They are logged as `request.unreadable` and have no access line.',
    endsWith: [],
    known: 'The bytes are one request of HTTP/1.x; its body is not read yet.',
  },
  {
    name: 'edition',
    files: [
      'http/server/request-listener.ts',
      'runtime/editions.ts',
      'runtime/following.ts',
      'http/server/context.ts',
    ],
    does: 'The request enters the edition of the configuration that is in force. It gets an id and its context. From here to its last byte one edition serves it, whatever is reloaded meanwhile. What lasts longer than a request (sessions, WebSockets, server-sent events) subscribes to the editions.',
    endsWith: [],
    known: 'The request id, and which rules, providers and upstreams judge and serve the request.',
  },
  {
    name: 'kept form',
    files: ['http/admission/resumption.ts', 'http/admission/form-body.ts', 'http/admission/form-holder.ts'],
    does: 'A small `text/plain` from a page of the origin may stand for a form that was kept. The gateway reads it. If it does, method, path, type and body of that form take its place in all phases below, and the form is taken from the store as it is let in. If it does not, the body is put back.',
    endsWith: ['gateway-address'],
    known: 'Which request is judged.',
  },
  {
    name: 'form',
    files: ['http/admission/gate.ts', 'http/admission/request-facts.ts'],
    does: 'The gateway refuses what no app should have to read: another version of HTTP, too many header lines, an expectation that nobody knows.',
    endsWith: ['http-version', 'too-many-headers', 'expectation-unknown'],
    known: 'There are few enough headers to look through all of them.',
  },
  {
    name: 'client',
    files: ['core/request/forwarded.ts', 'core/limits/network.ts'],
    does: 'The gateway finds the address of the client. It is the peer’s, or the one that a trusted proxy gives.',
    endsWith: [],
    known: 'The client’s address, or that nobody can tell it. Also the network by which limits are counted.',
  },
  {
    name: 'target',
    files: ['core/request/target.ts', 'core/request/readings.ts'],
    does: 'This is the only place that reads the path. One pass gives the segments for the rules and the bytes for the app. If servers could read the path in several ways, and the app allows that, there are several readings, and all of them judge. Nothing is repaired. A refusal waits until it is known that the Host is ours. `/.auth/health` is answered on any Host.',
    endsWith: [
      'target-form',
      'target-length',
      'target-character',
      'target-escape',
      'target-control',
      'target-utf8',
      'target-dot-segment',
      'target-empty-segment',
      'target-encoded-backslash',
      'target-double-encoding',
      'target-ambiguous',
      'gateway-address',
    ],
    known: 'The canonical target. Nobody looks at the request line again.',
  },
  {
    name: 'host',
    files: ['core/request/host.ts', 'http/admission/gate.ts'],
    does: 'The gateway finds the origin that the one Host header names, and the scheme that a trusted proxy gives.',
    endsWith: ['host-invalid', 'host-unknown', 'host-not-of-handshake', 'insecure-scheme'],
    known: 'The origin, with its apps, its providers and its cookies.',
  },
  {
    name: 'own address',
    files: ['http/admission/own-address.ts'],
    does: 'The gateway sees whether the path is its own: the redirect URI, or anything below `auth_prefix`. Such a path never reaches an app. Neither does a path that another reading takes for one. If an app of the origin ignores case, another spelling does not either.',
    endsWith: ['gateway-address', 'address-unknown', 'target-ambiguous', 'method-not-allowed'],
    known: 'Which of the gateway’s own addresses it is, or that it is an app’s.',
  },
  {
    name: 'route',
    files: [
      'core/request/route-match.ts',
      'core/request/signed-query.ts',
      'core/request/location.ts',
      'core/request/caseless.ts',
      'core/request/compatible-path.ts',
      'core/request/method.ts',
      'core/request/preflight.ts',
      'core/headers/cors-answer.ts',
      'core/request/destination.ts',
      'http/admission/destination.ts',
    ],
    does: 'The gateway finds the app with the longest prefix, then its most specific location that covers the path, then among the locations of that path the one for the method. It ignores case if the app says that its server does. Where requests to the app are signed, the query must be one that can be spelled in one way; where a function is told of its parameters, one that can be decoded. If the request has a `Destination`, it does the same for that. The destination must lead to an address of the origin that is not the gateway’s own. A CORS preflight that the location passes on, or that `cors` lets the gateway answer, ends here.',
    endsWith: [
      'app-unknown',
      ...encodings,
      'query-undecodable',
      'query-reserved',
      'method-not-allowed',
      'destination-invalid',
      'preflight',
      'cross-site',
    ],
    known:
      'The app and the location that judges. If the path has several readings, there may be several locations.',
  },
  {
    name: 'caller',
    files: [
      'http/admission/drawn-limits.ts',
      'http/admission/caller-lookup.ts',
      'core/credential/presented.ts',
      'core/credential/counted.ts',
      'runtime/header-credentials.ts',
      'http/admission/session-lookup.ts',
      'core/session/cookies.ts',
      'runtime/session-finder.ts',
      'core/principal.ts',
    ],
    does: 'Limits by client network are drawn first. If it makes a difference who asks, the gateway finds the one credential that counts. Where the location lists tokens or keys, it looks at the headers: their form alone says what was sent. Only then is a token verified, or a key looked up. Otherwise the gateway looks up the session for which the cookie stands, in memory or in the store. If a store or a provider does not answer, nothing is decided.',
    endsWith: ['undecided', 'credentials-ambiguous', 'too-many-unknown', 'limit-exceeded', 'cross-site'],
    known: 'Who asks, or why nobody is known to.',
  },
  {
    name: 'decision',
    files: [
      'core/policy.ts',
      'core/rules/requirement.ts',
      'http/admission/routed-request.ts',
      'http/admission/fresh-tokens.ts',
    ],
    does: 'The gateway compares the rule with the caller. If there is a `Destination`, it does so with the rule of that place too, and both must let the person in. It judges rehearsed rules as well, for the log alone. A body that is announced as too large is refused before anybody asks for it. Where the app gets a token of whoever is let in, the gateway has it renewed first if it ends soon. It then judges by what the provider says now.',
    endsWith: [
      ...(['open-to-anyone', 'maybe-signed-in', 'rule-met'] as const),
      ...(['no-session', 'session-ambiguous', 'session-unreadable', 'session-ended'] as const),
      ...(['session-expired', 'session-idle', 'session-provider-gone', 'session-lacks-claim'] as const),
      ...(['session-ended-by-provider', 'session-recheck-due'] as const),
      ...(['other-provider-needed', 'step-up-needed', 'token-expired', 'no-credential'] as const),
      ...(['credential-unknown', 'credential-not-accepted'] as const),
      ...(['token-invalid', 'token-over', 'token-not-for-us', 'scope-insufficient'] as const),
      ...(['key-invalid', 'key-over', 'key-revoked', 'key-asleep'] as const),
      ...(['key-not-for-app', 'key-restricted', 'pair-invalid', 'token-wrong-origin'] as const),
      ...(['step-up-not-met', 'destination-not-allowed'] as const),
      ...(['rule-not-met', 'nobody-allowed', 'no-location', 'client-address'] as const),
      ...(['client-certificate', 'body-too-large'] as const),
    ],
    known:
      'The admission: one frozen answer to all of the above, which everything behind reads and nothing asks again.',
  },
  {
    name: 'answer of ours',
    files: [
      'http/admission/verdict-answer.ts',
      'http/pages/answer.ts',
      'http/sign-in/login.ts',
      'http/server/lingering-close.ts',
    ],
    does: 'Whoever is not let through gets an answer of ours: a page for people, a problem (RFC 9457) for programs, or a redirect to a provider. The gateway reads and drops what still comes of a body for a while, so that the answer arrives.',
    endsWith: [],
    known: 'The client learns the verdict, never the rule.',
  },
  {
    name: 'sign-in and sign-out',
    files: [
      'http/server/own-addresses.ts',
      'http/sign-in/login.ts',
      'http/sign-in/callback.ts',
      'http/sign-in/completion.ts',
      'http/sign-in/logout.ts',
      'http/sign-in/backchannel-logout.ts',
      'http/sign-in/frontchannel-logout.ts',
      'http/sign-in/own-sessions.ts',
      'http/own-keys/own-keys.ts',
      'http/own-keys/change.ts',
      'http/sign-in/me.ts',
      'http/token/token.ts',
    ],
    does: 'These are the gateway’s own addresses. Only a navigation begins a sign-in. Anything else gets 403, `not-a-navigation`. Small forms are read here and nowhere else.',
    endsWith: ['cross-site', 'token-request-invalid'],
    known: 'A session that began or ended, and its cookies.',
  },
  {
    name: 'proxy',
    files: [
      'http/proxy/proxy.ts',
      'http/proxy/outbound.ts',
      'http/proxy/exchange.ts',
      'http/proxy/client-body.ts',
      'http/proxy/upload.ts',
      'http/proxy/held-body.ts',
      'upstream/pool.ts',
      'upstream/request-exchange.ts',
      'upstream/aws/signed-exchange.ts',
      'upstream/lambda/invocation.ts',
      'core/headers/request.ts',
      'core/headers/aws-budget.ts',
      'core/headers/signed-content-type.ts',
      'core/headers/answer.ts',
    ],
    does: 'Whoever is let through comes here. The headers for the app start empty. The gateway adds the client’s headers, except those that an app could believe, and the identity. The app’s answer goes back without what instructs a server in front. A body that comes too slowly is cut. For an app that takes it only as a whole, it is held until its last byte. A Lambda function gets all of this as one event, and its answer is passed on once it is whole. If a request meets a stale keep-alive connection, it is sent once more where that is safe. Body, app, answer and client have one owner, and end together.',
    endsWith: [
      'identity-unsendable',
      'connection-options',
      'content-type-ambiguous',
      'headers-too-large',
      'body-too-large',
    ],
    known: 'What the app answered, or the fault that prevented it.',
  },
  {
    name: 'websocket',
    files: [
      'http/websocket/websocket.ts',
      'http/websocket/handshake.ts',
      'http/websocket/tunnel.ts',
      'http/websocket/open-websockets.ts',
    ],
    does: 'An upgrade goes through the phases from “edition” to “decision” too. Then the gateway judges the handshake, the location’s `websocket`, the Origin, and how many WebSockets the session has. It tells the client only when the app has agreed. The WebSocket ends with the session, and when a reload would not open it again.',
    endsWith: [
      'upgrade-unknown',
      'websocket-invalid',
      'websocket-disabled',
      'websocket-origin',
      'websocket-limit',
    ],
    known: 'Two sockets that are one connection.',
  },
  {
    name: 'log',
    files: ['http/operations/log.ts', 'http/operations/metrics.ts'],
    does: 'When the answer is sent or the client is gone, there is one access line and one count, and the request leaves its edition.',
    endsWith: [],
    known: 'The access line says decision, reason, status and how long it took.',
  },
]
