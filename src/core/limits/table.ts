import { apiKeyLimits } from './api-keys.ts'
import { awsLimits } from './aws.ts'
import { cookieSessionLimits } from './cookie-sessions.ts'
import { corsLimits } from './cors.ts'
import { credentialLimits } from './credentials.ts'
import { keptFormLimits } from './kept-forms.ts'
import { keyAdministrationLimits } from './key-administration.ts'
import { KiB, type Limit, MiB, numbersOf, of } from './limit.ts'
import { logoutLimits } from './logouts.ts'
import { logLimits } from './logs.ts'
import { ownKeyLimits } from './own-keys.ts'
import { pageLimits } from './pages.ts'
import { renewalLimits } from './renewals.ts'
import { requestCounterLimits } from './request-counters.ts'
import { sharedStoreLimits } from './shared-store.ts'
import { signInLimits } from './sign-ins.ts'
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

  // One connection of a client.
  silenceMs: of(
    'connection',
    30_000,
    'Without a byte before a request, for a TLS handshake, and for the header lines of a request; then it is closed, in header lines with 408.',
  ),
  idleBetweenRequestsMs: of('connection', 65_000, 'Idle between two requests; then it is closed.'),
  webSocketKeepAliveMs: of(
    'connection',
    30_000,
    'Silence of a WebSocket before TCP asks whether the peer is there.',
  ),
  webSocketClosingMs: of(
    'connection',
    2_000,
    'What is under way on a WebSocket that ends; then both sides are cut.',
  ),

  pipelinedRequests: of(
    'connection',
    16,
    'Requests that wait while one is served; with more the connection ends behind these.',
  ),
  pipelinedExcess: of('connection', 100, 'Requests beyond those; with more it is closed at once.'),
  droppedBodyBytes: of(
    'connection',
    32 * MiB,
    'What is read and dropped of a body that was refused, so that the refusal arrives; then it is closed.',
  ),
  droppedBodyMs: of('connection', 10_000, 'The time that this may take; then it is closed.'),
  answerHeadMs: of(
    'connection',
    100,
    'How long the head of an answer waits for its body, so that an app that fails between them is 502.',
  ),
  answerUnreadMs: of(
    'connection',
    60_000,
    'The end of an answer that the client does not take, without a byte of it going out; then it is closed.',
  ),

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

  // Providers.
  providerSignIns: of(
    'provider',
    8,
    'Callbacks that are exchanged at once; the next are taken from each network in turn.',
  ),
  providerWaitingSignIns: of(
    'provider',
    512,
    'Callbacks that wait; beyond it the network that has most waiting loses its last.',
  ),
  providerTimeoutMs: of(
    'provider',
    10_000,
    'One request from the queue to the last byte, and one sign-in as a whole.',
  ),
  providerRefreshWaitMs: of('provider', 2_000, 'Waiting for something newer than what is at hand.'),
  providerAnswerBytes: of('provider', MiB, 'One answer after decoding; more fails.'),
  providerSockets: of(
    'provider',
    10,
    'Connections to each of its addresses: so that metadata and keys never wait for callbacks.',
  ),
  providerPauseSeconds: of('provider', 60, 'The longest pause between two attempts while it fails.'),
  providerKeys: of('provider', 100, 'Keys of one key set; a larger set is refused.'),
  providerKeyBits: of(
    'provider',
    8192,
    'An RSA key, so that no signature takes long; larger keys are left out.',
  ),
  providerTokenBytes: of('provider', 64 * KiB, 'A token; a longer one is refused before it is decoded.'),
  providerJsonDepth: of('provider', 32, 'Levels of nested JSON; deeper documents are refused.'),
  authorizationCodeBytes: of(
    'provider',
    4 * KiB,
    'A code; a longer one is refused before the provider is asked.',
  ),
  subjectCharacters: of(
    'provider',
    255,
    'The `sub` of a token (OpenID Connect Core 2), and a user id; longer ones fail.',
  ),
  idTokenHintBytes: of(
    'provider',
    6000,
    'An ID token that goes along with a sign-out; a longer one stays here.',
  ),
  quotedCharacters: of(
    'provider',
    120,
    'A provider’s text in a message for operators; the rest is left out.',
  ),
  echoCharacters: of('provider', 2_000, 'What is read of such a text; the rest is dropped.'),
  echoReadings: of('provider', 100, 'Ways in which such a text is read; one with more is not shown.'),
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
  outcomeWaitMs: of(
    'process',
    10_000,
    'A callback that comes again waits so long for what the first one comes to.',
  ),
  awaitedOutcomes: of('process', 1000, 'Sign-ins that such callbacks wait for at once; others do not wait.'),
  cachedSessions: of('process', 10_000, 'Sessions at hand without the store.'),
  cachedSessionBytes: of(
    'process',
    64 * MiB,
    'What these take; of more, those used longest ago are read again.',
  ),
  memoryStoreSessions: of('process', 50_000, 'Sessions of `store: memory`; a new one replaces the oldest.'),
  memoryStoreBytes: of('process', 256 * MiB, 'What these take; beyond it a new one replaces the oldest too.'),
  storeOpenMs: of('process', 5000, 'Waiting for another instance that has the store’s file, at the start.'),
  storeBusyMs: of(
    'process',
    20,
    'The same while serving, before the turn is given to others and the store asked again.',
  ),
  waitingTouches: of(
    'process',
    10_000,
    'Times of last use that wait to be written; more are written at once.',
  ),
  refusedSignOuts: of(
    'process',
    10_000,
    'Sessions that were signed out while the store did not answer; it is asked again for these.',
  ),
  removedSessions: of(
    'process',
    50,
    'Sessions that the store removes in one step, expired or revoked; others write between two steps.',
  ),
  removedBytes: of('process', 256 * KiB, 'Their records together, beyond the first.'),
  recheckedSessions: of(
    'process',
    50,
    'Sessions with open WebSockets or event streams that are held against the store at once, when another process removed some.',
  ),
  rejudgedConnections: of(
    'process',
    50,
    'Open WebSockets, and event streams, that a new configuration judges again at once; requests come in between.',
  ),
  commandRecords: of(
    'process',
    1000,
    'What commands did and no gateway has written to its log yet; of more, the oldest is forgotten.',
  ),
  takenCommandRecords: of('process', 100, 'The same that one process writes a second.'),
  commandRecordBytes: of('process', 8 * KiB, 'One of them; a longer one is removed unread.'),
  commandTextCharacters: of('process', 255, 'A name of the system in it; the rest is left out.'),
  ...logLimits,
  expressionInstructions: of(
    'process',
    1000,
    'A compiled `matches` of a rule; a larger one is refused at the start.',
  ),
  expressionSteps: of(
    'process',
    1_000_000,
    'Instructions times characters of one match; beyond it the condition is unknown.',
  ),
  expressionListSteps: of(
    'process',
    20_000_000,
    'The same for all elements of a list together; beyond it the condition is unknown.',
  ),
} as const satisfies Readonly<Record<string, Limit>>

/** The numbers alone, by name. */
export const limits = numbersOf(limitTable)
