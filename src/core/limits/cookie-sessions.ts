import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about sessions that rest in the browser: `store: cookie`. */
export const cookieSessionLimits = {
  sessionPieceBytes: of(
    'session',
    3.5 * KiB,
    'One of the two cookies of `store: cookie`, name and value; a sign-in that needs a third fails.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
