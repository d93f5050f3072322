import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about what a sign-in takes along. */
export const signInLimits = {
  fragmentCharacters: of(
    'request',
    8 * KiB,
    'What follows the `#` of an address, in the browser’s storage; a longer one is left out.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
