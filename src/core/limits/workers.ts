import { type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about worker processes. */
export const workerLimits = {
  workers: of('process', 256, 'Worker processes; a file that asks for more is refused.'),
  workerPauseMs: of(
    'process',
    30_000,
    'The longest pause before a worker that ended is replaced; the first one is replaced at once.',
  ),
  workerSettledMs: of(
    'process',
    60_000,
    'A worker that lived so long before it ended is replaced at once again.',
  ),
  workerAnswerMs: of('process', 2_000, 'A worker that does not answer within this time counts as not ready.'),
  workerPrepareMs: of(
    'process',
    30_000,
    'The time that workers have to make a new configuration ready; then it is rejected for all of them.',
  ),
  workerStopMs: of(
    'process',
    1_500,
    'A worker that has not ended so long after the time for requests in flight is ended.',
  ),
  workerErrorCharacters: of('process', 4096, 'What is kept of what a worker wrote to its standard error.'),
} as const satisfies Readonly<Record<string, Limit>>
