import { KiB, type Limit, MiB, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about sessions that rest in the browser: `store: cookie`. */
export const cookieSessionLimits = {
  sessionPieceBytes: of(
    'session',
    3.5 * KiB,
    'One of the two cookies of `store: cookie`, name and value; a sign-in that needs a third fails.',
  ),
  ownCookieBytes: of(
    'request',
    7.75 * KiB,
    'The cookies of `store: cookie` and of sign-ins under way together; the oldest sign-ins are forgotten.',
  ),
  outcomeBytes: of('process', 10 * KiB, 'What a sign-in came to, sealed, for whoever comes again with it.'),
  keptOutcomeBytes: of(
    'process',
    64 * MiB,
    'The same of all sign-ins of the last minute together, where no store keeps it; of more, the oldest is forgotten.',
  ),
  openedCookies: of('process', 10_000, 'Sessions of `store: cookie` that were opened lately.'),
  openedCookieBytes: of(
    'process',
    64 * MiB,
    'What these take; of more, those used longest ago are opened again.',
  ),
  openedMarks: of('process', 10_000, 'Marks of sign-outs that were opened lately.'),
  endedSessions: of(
    'process',
    50_000,
    'Sessions of `store: cookie` that ended here; of more, a copy of the oldest counts again.',
  ),
  usedSessions: of(
    'process',
    50_000,
    'Sessions of `store: cookie` whose last use is known here; of more, the cookie alone tells it.',
  ),
  signedOutCookies: of(
    'request',
    4,
    'Cookies of one name that a sign-out of `store: cookie` opens; the mark ends all.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
