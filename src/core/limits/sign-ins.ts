import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about what a sign-in takes along. */
export const signInLimits = {
  transactionCookies: of('request', 5, 'Sign-ins under way in one browser; the oldest are forgotten.'),
  transactionCookieBytes: of('request', 3 * KiB, 'Their cookies together; the oldest are forgotten.'),
  transactionReturnToBytes: of(
    'request',
    1536,
    'A return address in such a cookie; a longer one waits in the browser’s storage.',
  ),
  transactionPassedBytes: of(
    'request',
    512,
    'Parameters for the provider in such a cookie; more are left out when the sign-in begins again by itself.',
  ),
  stateCharacters: of('request', 128, 'The `state` of a callback; a longer one is of no sign-in.'),
  pastAttemptBytes: of('request', 640, 'What is known of sign-ins whose cookies went; the oldest go.'),
  attemptBytes: of(
    'request',
    3500,
    'The cookie of one sign-in under way. The page that was wanted, and parameters of a link, give way.',
  ),
  fragmentCharacters: of(
    'request',
    8 * KiB,
    'What follows the `#` of an address, in the browser’s storage; a longer one is left out.',
  ),
  signInRounds: of(
    'request',
    4,
    'Sign-ins of one browser within a minute each, and step-ups as well; then it is told what is wrong.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
