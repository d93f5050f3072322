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
} as const satisfies Readonly<Record<string, Limit>>
