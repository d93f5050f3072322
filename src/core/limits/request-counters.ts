import { type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about `limits` of the configuration. */
export const requestCounterLimits = {
  limitAnswerMs: of(
    'request',
    250,
    'Waiting for the store of `limits`; then `limits_fail` says what happens.',
  ),
  rateCounters: of(
    'process',
    50_000,
    'Rates in memory, of one length of the window, of callers and of networks each; of more, the one that began first is forgotten.',
  ),
  networkCounters: of(
    'process',
    200_000,
    'Counters of networks in the file; of more, the oldest are forgotten. Those of callers are as many as callers.',
  ),
  limitPurgeSeconds: of('process', 10, 'How often counters that are over are removed from the file.'),
  purgedCounters: of('process', 2000, 'Those that are removed at once.'),
} as const satisfies Readonly<Record<string, Limit>>
