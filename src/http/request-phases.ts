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
    does: 'A socket is accepted, or reset where its client network has too many, with TLS where it is set; Node reads a request line and headers, within limits of time and size. Requests of one connection are served one after the other. Bytes that are no HTTP get a bare 400, 408 or 431, the event `request.unreadable`, and no access line.',
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
    does: 'The request enters the edition of the configuration that is in force, and gets an id and its context. From here to the last byte one edition serves it, whatever is reloaded; what lasts longer than a request (sessions, WebSockets, server-sent events) subscribes to the editions.',
    endsWith: [],
    known: 'The request id, and by which rules, providers and upstreams it is judged and served.',
  },
  {
    name: 'form',
    files: ['http/admission/gate.ts', 'http/admission/request-facts.ts'],
    does: 'What no app should have to read is refused: another version, too many header lines, an expectation that nobody knows.',
    endsWith: ['http-version', 'too-many-headers', 'expectation-unknown'],
    known: 'The headers are few enough to be looked through.',
  },
  {
    name: 'client',
    files: ['core/request/forwarded.ts', 'core/limits/network.ts'],
    does: 'The address of the client: the peer’s, or what a trusted proxy says of it.',
    endsWith: [],
    known: 'The client’s address, or that nobody can tell it; the network that limits are counted by.',
  },
  {
    name: 'target',
    files: ['core/request/target.ts', 'core/request/readings.ts'],
    does: 'The only reader of the path: segments for the rules and bytes for the app, from one pass. What servers could read in several ways comes out as several readings, which all judge, for apps that ask for it; nothing is repaired. A refusal waits until the Host is known to be ours. `/.auth/health` is answered on any Host.',
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
    does: 'The origin that the one Host header names, and the scheme that a trusted proxy says.',
    endsWith: ['host-invalid', 'host-unknown', 'insecure-scheme'],
    known: 'The origin: its apps, its providers, its cookies.',
  },
  {
    name: 'own address',
    files: ['http/admission/own-address.ts'],
    does: 'Whether the path is the gateway’s own: the redirect URI, or anything below `auth_prefix`, which never reaches an app; nor does what another reading takes for one, or, where an app of the origin ignores case, another spelling.',
    endsWith: ['gateway-address', 'address-unknown', 'target-ambiguous', 'method-not-allowed'],
    known: 'Which of the gateway’s own addresses it is, or that it is an app’s.',
  },
  {
    name: 'route',
    files: [
      'core/request/route-match.ts',
      'core/request/location.ts',
      'core/request/caseless.ts',
      'core/request/compatible-path.ts',
      'core/request/method.ts',
      'core/request/preflight.ts',
      'core/request/destination.ts',
      'http/admission/destination.ts',
    ],
    does: 'The app with the longest prefix, its most specific location that covers the path, and among those of one path the one for the method; without case, where the app says that its server ignores it. Where the request has a `Destination`, the same for that: it must lead to an address of the origin that is not the gateway’s own. A CORS preflight that the location passes on ends here.',
    endsWith: ['app-unknown', ...encodings, 'method-not-allowed', 'destination-invalid', 'preflight'],
    known: 'The app and the location that judges: several, where the path has several readings.',
  },
  {
    name: 'caller',
    files: [
      'http/admission/session-lookup.ts',
      'core/session/cookies.ts',
      'runtime/session-finder.ts',
      'core/principal.ts',
    ],
    does: 'Only where it makes a difference: the session that the cookie stands for, from memory or the store. A store that does not answer decides nothing.',
    endsWith: ['undecided'],
    known: 'Who asks, or why nobody is known to.',
  },
  {
    name: 'decision',
    files: ['core/policy.ts', 'core/rules/requirement.ts', 'http/admission/routed-request.ts'],
    does: 'The rule is held against the caller; that of the place where a `Destination` leads as well, and both must let in. Rehearsed rules are judged beside it, for the log alone. A body that is announced too large is refused before it is asked for.',
    endsWith: [
      ...(['open-to-anyone', 'maybe-signed-in', 'rule-met'] as const),
      ...(['no-session', 'session-ambiguous', 'session-unreadable', 'session-ended'] as const),
      ...(['session-expired', 'session-idle', 'session-provider-gone', 'other-provider-needed'] as const),
      ...(['destination-not-allowed'] as const),
      ...(['rule-not-met', 'nobody-allowed', 'no-location', 'client-address', 'body-too-large'] as const),
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
    does: 'Whoever is not let through: a page for people, a problem (RFC 9457) for programs, or a redirect to a provider. What still comes of a body is read and dropped for a while, so that the answer arrives.',
    endsWith: [],
    known: 'The client learns the verdict, never the rule.',
  },
  {
    name: 'sign-in and sign-out',
    files: [
      'http/server/app.ts',
      'http/sign-in/login.ts',
      'http/sign-in/callback.ts',
      'http/sign-in/logout.ts',
      'http/sign-in/me.ts',
    ],
    does: 'The gateway’s own addresses. Only a navigation begins a sign-in (else 403, `not-a-navigation`). Small forms are read here and nowhere else.',
    endsWith: ['cross-site'],
    known: 'A session that began or ended, and its cookies.',
  },
  {
    name: 'proxy',
    files: [
      'http/proxy/proxy.ts',
      'http/proxy/outbound.ts',
      'http/proxy/exchange.ts',
      'http/proxy/upload.ts',
      'upstream/pool.ts',
      'upstream/request-exchange.ts',
      'core/headers/request.ts',
      'core/headers/answer.ts',
    ],
    does: 'For those who are let through. The headers for the app start empty and are made from the client’s, less what an app could believe, and the identity; the app’s answer goes back less what instructs a server in front. A body that comes too slowly is cut; a request that meets a stale keep-alive connection is retried once where that is safe. Body, app, answer and client have one owner, and are over together.',
    endsWith: ['identity-unsendable', 'connection-options', 'body-too-large'],
    known: 'What the app answered, or the fault why it did not.',
  },
  {
    name: 'websocket',
    files: [
      'http/websocket/websocket.ts',
      'http/websocket/handshake.ts',
      'http/websocket/tunnel.ts',
      'http/websocket/open-websockets.ts',
    ],
    does: 'An upgrade takes the phases from “edition” to “decision” too; then the handshake, the location’s `websocket`, the Origin and how many the session has are judged. Only when the app has agreed is the client told so. It ends with the session, and when a reload would not open it again.',
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
    does: 'When the answer is sent or the client is gone: one access line, one count, and the request leaves its edition.',
    endsWith: [],
    known: 'The access line says decision, reason, status and how long it took.',
  },
]
