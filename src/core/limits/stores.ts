import { KiB, type Limit, MiB, of } from './limit.ts'

/** Sessions and what rests beside them: at hand, in the store, and on the way to it. */
export const storeLimits = {
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
} as const satisfies Readonly<Record<string, Limit>>
