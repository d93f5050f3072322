import { apiKeyLimits } from './api-keys.ts'
import { awsLimits } from './aws.ts'
import { connectionLimits } from './connections.ts'
import { cookieSessionLimits } from './cookie-sessions.ts'
import { corsLimits } from './cors.ts'
import { credentialLimits } from './credentials.ts'
import { doctorLimits } from './doctor.ts'
import { expressionLimits } from './expressions.ts'
import { keptFormLimits } from './kept-forms.ts'
import { keyAdministrationLimits } from './key-administration.ts'
import { KiB, type Limit, numbersOf, of } from './limit.ts'
import { logoutLimits } from './logouts.ts'
import { logLimits } from './logs.ts'
import { ownKeyLimits } from './own-keys.ts'
import { pageLimits } from './pages.ts'
import { providerLimits } from './providers.ts'
import { renewalLimits } from './renewals.ts'
import { requestCounterLimits } from './request-counters.ts'
import { sharedStoreLimits } from './shared-store.ts'
import { signInLimits } from './sign-ins.ts'
import { storeLimits } from './stores.ts'
import { tokenAskLimits } from './token-asks.ts'
import { upstreamLimits } from './upstreams.ts'
import { widgetLimits } from './widgets.ts'
import { workerLimits } from './workers.ts'

/**
 * What anything may use, in one place: each number that bounds work, memory or waiting for somebody outside. The rest
 * of the code reads it from here, `docs/security.md` shows it, and `test/repository/limits.test.ts` finds bounds that
 * stand elsewhere. Numbers that an operator may choose have their default in the configuration's schema instead.
 */

export const limitTable = {
  // One request.
  requestHeaderBytes: of('request', 32 * KiB, 'Request line and header lines together; more is 431.'),
  requestHeaderLines: of('request', 100, 'Header lines; more is 431.'),
  requestConnectionOptions: of('request', 20, 'Names in `Connection`; more is 400.'),
  requestTargetBytes: of('request', 8 * KiB, 'Path and query; more is 400.'),
  pathDecodings: of(
    'request',
    3,
    'How often a path is decoded to see what servers may read; what is escaped then is 400.',
  ),
  pathReadings: of('request', 8, 'Ways in which servers may read a path; more are 400.'),
  addressBytes: of('request', 64, 'An entry of `X-Forwarded-For`; a longer one is no address.'),
  formBytes: of('request', 64 * KiB, 'A form that is posted to the gateway itself; more is 413.'),
  formMs: of('request', 15_000, 'The time such a form may take; then it is 408.'),
  returnToBytes: of('request', 8 * KiB, 'A return address; a longer one becomes `/`.'),
  signOutReturnToBytes: of(
    'request',
    1500,
    'A return address that waits in a cookie while a provider signs out; a longer one is forgotten.',
  ),
  passedCharacters: of('request', 255, 'A parameter that goes to the provider; a longer one is 400.'),
  sealedCookieBytes: of('request', 4 * KiB, 'A cookie that is opened; a longer one counts as unreadable.'),
  ...signInLimits,
  ...credentialLimits,
  ...corsLimits,
  clearedCookies: of('request', 20, 'Cookies of old sign-ins that one answer clears.'),
  identityHeaderBytes: of('request', 8 * KiB, 'Identity headers of one request together; more is 403.'),
  webSocketEarlyBytes: of(
    'request',
    64 * KiB,
    'What a WebSocket client sends before it is told 101; one that sends more is cut.',
  ),
  webSocketRefusalBytes: of(
    'request',
    64 * KiB,
    'The body of an app’s refusal of a WebSocket; a longer one is left out, and the refusal goes on without.',
  ),
  webSocketOfferBytes: of('request', 4 * KiB, 'Extensions that a WebSocket handshake offers; more is 400.'),

  logConditions: of('request', 5, 'Conditions that `detail` of an access line names.'),

  ...connectionLimits,

  // A client network, over all its connections.
  networkConnections: of(
    'client network',
    2048,
    'Connections open at once; one more is reset before TLS. Trusted proxies have no such bound.',
  ),
  failedSignIns: of(
    'client network',
    20,
    'Callbacks that failed at the provider within a minute; then 429 for the rest of it, and the provider is not asked.',
  ),
  failedSignInsMs: of('client network', 60_000, 'How long they count, from the first of them.'),
  failedSignInNetworks: of(
    'process',
    10_000,
    'Networks whose failures are counted; of more, the oldest are forgotten.',
  ),
  waitingSignIns: of('client network', 128, 'Callbacks that wait for the provider; more are 503.'),
  droppedBodies: of(
    'client network',
    32,
    'Refused bodies that are read and dropped at once; the connections of more are closed with the refusal.',
  ),

  // One person: provider and user id, at all origins together.
  personSessions: of('person', 50, 'Sessions of one person; when a further one begins, the oldest ends.'),
  sessionRecordBytes: of(
    'session',
    256 * KiB,
    'A session as it is stored, claims and ID token; a sign-in that brings more fails.',
  ),

  // One session.
  webSockets: of('session', 100, 'WebSockets at once; a handshake for one more is 429.'),

  ...providerLimits,
  ...cookieSessionLimits,
  ...pageLimits,
  ...keyAdministrationLimits,
  ...ownKeyLimits,
  ...logoutLimits,
  ...keptFormLimits,
  ...apiKeyLimits,
  ...widgetLimits,
  ...renewalLimits,
  ...tokenAskLimits,
  ...upstreamLimits,
  ...doctorLimits,
  ...awsLimits,

  // The process.
  ...workerLimits,
  rememberedAddresses: of('process', 4096, 'Client addresses that were read lately.'),
  rememberedHeaderNames: of(
    'process',
    16,
    'Header names of one length that were judged lately, for each app.',
  ),
  rememberedHeaderNameBytes: of('process', 64, 'The longest of them; a longer one is judged each time.'),
  rememberedSubjects: of('process', 10_000, 'Hashes of user ids for the log.'),
  usedStates: of('process', 50_000, 'Sign-ins that were used once; of more, the oldest are forgotten.'),
  ...sharedStoreLimits,
  ...requestCounterLimits,
  ...storeLimits,
  ...logLimits,
  ...expressionLimits,
} as const satisfies Readonly<Record<string, Limit>>

/** The numbers alone, by name. */
export const limits = numbersOf(limitTable)
