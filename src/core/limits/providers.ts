import { KiB, type Limit, MiB, of } from './limit.ts'

/** What providers are asked, how long they are waited for, and what they may answer. */
export const providerLimits = {
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
} as const satisfies Readonly<Record<string, Limit>>
