import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about what a sign-in takes along. */
export const signInLimits = {
  attemptBytes: of(
    'request',
    3500,
    'The cookie of one sign-in under way. The page that was wanted, and parameters of a link, give way.',
  ),
  attemptStepUpBytes: of(
    'request',
    1024,
    'A `step_up` in such a cookie, as JSON; a file that asks for more is refused.',
  ),
  fragmentCharacters: of(
    'request',
    8 * KiB,
    'What follows the `#` of an address, in the browser’s storage; a longer one is left out.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
