import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about providers that end sessions. */
export const logoutLimits = {
  logoutFormBytes: of('request', 16 * KiB, 'The form of a back-channel logout; more is 413.'),
  logoutSessionIdCharacters: of(
    'provider',
    255,
    'The `sid` of a logout token or address; a longer one is 400.',
  ),
  failedLogouts: of(
    'client network',
    20,
    'Logout tokens within a minute whose signature was not good, or that came again; then 429 for the rest of it, unread.',
  ),
  failedLogoutsInAll: of(
    'process',
    1000,
    'The same of all networks together; then 429 for networks that sent no good one within a day.',
  ),
  failedLogoutsMs: of('client network', 60_000, 'How long they count, from the first of them.'),
  failedLogoutNetworks: of(
    'process',
    10_000,
    'Networks whose failures are counted; of more, the oldest are forgotten.',
  ),
  provenLogoutNetworks: of(
    'process',
    1000,
    'Networks that are remembered for a good logout token; of more, the oldest are forgotten.',
  ),
  provenLogoutMs: of('process', 86_400_000, 'How long they are remembered, from the last of these.'),
  frontChannelLogouts: of(
    'client network',
    120,
    'Front-channel logouts within a minute, whatever they came to; then 429 for the rest of it.',
  ),
  missedFrontChannelLogouts: of(
    'process',
    6000,
    'The same of all networks together, of those that found no session; then 429 for everybody for the rest of the minute, as each leaves a mark in the store.',
  ),
  logoutMarks: of(
    'process',
    50_000,
    'Logouts of providers that are kept for sessions which are saved after them, with `sqlite` and `memory`; of more, the oldest are forgotten.',
  ),
  providerLogouts: of('provider', 4, 'Logout tokens whose signatures are checked at once.'),
  providerWaitingLogouts: of(
    'provider',
    1000,
    'Logout tokens that wait; beyond it the network that has most waiting loses its last.',
  ),
  waitingLogouts: of('client network', 500, 'Logout tokens that wait for one provider’s turn; more are 503.'),
} as const satisfies Readonly<Record<string, Limit>>
