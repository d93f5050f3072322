import { type Limit, MiB, of } from './limit.ts'

/** What lines of the log may hold, and how many may wait. */
export const logLimits = {
  logFieldCharacters: of('process', 512, 'A field of a log line, `path` aside; the rest is left out.'),
  logStackCharacters: of('process', 4096, 'Where a fault of the gateway itself came from.'),
  logCodeCharacters: of('process', 64, 'The code of what was underneath a fault.'),
  logCertificateNameCharacters: of(
    'process',
    120,
    'The names of a certificate that is for others than it should be; the rest is left out.',
  ),
  logWaitingBytes: of(
    'process',
    16 * MiB,
    'Log lines that wait for a reader that is slow; more are dropped, counted and told.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
