import { type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about API keys. */
export const apiKeyLimits = {
  storedKeys: of('process', 100_000, 'Keys in one store; a further one is not made.'),
  keyRecordBytes: of('person', 32 * 1024, 'A key with its claims; one with more is not made, and sleeps.'),
  keysOfPage: of('process', 1000, 'Keys that one page of a list has at most.'),
  keyUsageDays: of('process', 400, 'Days for which it is known how often a key was used.'),
  keyChanges: of(
    'process',
    1000,
    'Changes of keys that are kept for other processes; of more, all keys are read anew.',
  ),
  endedKeySeconds: of(
    'process',
    90 * 86_400,
    'How long a key that is revoked or over stays, so that its owner is told why; then it is unknown.',
  ),
  cachedKeys: of('process', 20_000, 'Keys that are remembered; for more, the store is asked again.'),
  unknownKeys: of(
    'process',
    10_000,
    'Ids of no key that are remembered; for more, the store is asked again.',
  ),
  unknownKeyMs: of('process', 10_000, 'How long the store is not asked again for an id of no key.'),
  unknownKeyLookups: of(
    'process',
    200,
    'Ids of no key for which the store is asked within a second; whatever is not remembered is 429 until it is over.',
  ),
  keyLookups: of('process', 1000, 'Keys for which the store is asked at once; more are 503.'),
  waitingKeyUses: of('process', 10_000, 'Keys whose uses wait to be counted; then they are written at once.'),
  keyOwnersUnderWay: of(
    'process',
    1000,
    'People whose keys take over what their provider said, at once; those of others keep their claims until they are too old.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
