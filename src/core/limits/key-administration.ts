import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about making and changing API keys. */
export const keyAdministrationLimits = {
  adminBodyBytes: of('request', 16 * KiB, 'The body of a request to the admin address; more is 413.'),
  keyNameCharacters: of('person', 100, 'The name of an API key; with a longer one none is made.'),
  keyListEntries: of('person', 100, 'Apps, methods or networks that a key is for; with more none is made.'),
  listedKeys: of('request', 100, 'Keys that one answer of `/keys` lists; the next ones are asked for.'),
  rejectedKeysTold: of(
    'process',
    1000,
    'Keys of which a line says that they are refused, once an hour each; of more, the oldest is told again.',
  ),
  sleepingKeysTold: of('process', 1000, 'Keys of which a line says daily that they fall asleep soon.'),
  wrongAdminTokens: of(
    'client network',
    10,
    'Wrong tokens at the admin address in a minute; then everything that needs the token is 429.',
  ),
  wrongAdminTokensMs: of('client network', 60_000, 'The time in which they are counted.'),
  wrongAdminTokenNetworks: of(
    'process',
    1000,
    'Networks for which wrong tokens are counted; of more, the one that began first is forgotten.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
