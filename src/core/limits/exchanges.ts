import { KiB, type Limit, MiB, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about customers' pairs of a provider (`exchange`). */
export const exchangeLimits = {
  pairBytes: of('request', 2 * KiB, 'Id and secret of a pair together; a longer one goes to no provider.'),
  guessedPairs: of(
    'client network',
    10,
    'Wrong secrets for one id of a provider within a minute; then 429 for that network and id. A pair that was right from there within a day goes on.',
  ),
  guessedPairsMs: of('client network', 60_000, 'How long they count, from the first of them.'),
  guessedPairIds: of(
    'provider',
    20_000,
    'Networks and ids for which wrong secrets are counted; of more, the oldest are forgotten.',
  ),
  heldPairs: of(
    'provider',
    10_000,
    'Pairs whose tokens are remembered; of more, those used longest ago are asked for again.',
  ),
  heldPairBytes: of('provider', 32 * MiB, 'The tokens of these together; beyond it the same.'),
  rightPairs: of(
    'provider',
    50_000,
    'Pairs of which it is known that they were right within a day; of more, those longest ago are forgotten.',
  ),
  rightPairNetworks: of(
    'provider',
    100_000,
    'The same, with the network from which they were; of more, those longest ago are forgotten.',
  ),
  rightPairSeconds: of(
    'provider',
    86_400,
    'How long that is known, and how long a refresh token stands in for a password before the password is sent again.',
  ),
  wrongPairs: of('provider', 10_000, 'Pairs that were wrong lately; of more, the oldest are asked of again.'),
  wrongPairMs: of('provider', 30_000, 'How long the provider is not asked again of a pair that was wrong.'),
  spoiltPairMs: of(
    'provider',
    10_000,
    'How long it is not asked for another token where the one that it gave for a right pair is refused.',
  ),
  pairPauseMs: of(
    'provider',
    5000,
    'How long a token goes on before the provider is asked again that did not answer.',
  ),
  providerExchanges: of(
    'provider',
    8,
    'Unknown pairs and refresh tokens of which it is asked at once; over connections of their own.',
  ),
  providerWaitingExchanges: of(
    'provider',
    512,
    'The same that wait; beyond it the network that has most waiting loses its last.',
  ),
  waitingExchanges: of(
    'client network',
    64,
    'The same of one network; for more the provider counts as busy.',
  ),
  providerKnownExchanges: of(
    'provider',
    8,
    'Pairs that were right within a day of which it is asked at once, beside those.',
  ),
  providerExchangeWaitMs: of('provider', 5000, 'Their wait for a turn. Nothing has been sent then.'),
} as const satisfies Readonly<Record<string, Limit>>
