import { KiB, type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about the page of one's own keys. */
export const ownKeyLimits = {
  ownKeyFormSeconds: of(
    'request',
    3600,
    'How long a page of one’s own keys may stand open; then its forms are shown once more.',
  ),
  ownKeySignInSeconds: of(
    'person',
    300,
    'How old the sign-in may be of whoever makes a key of their own or gives it a new secret; else they sign in again.',
  ),
  filledKeyFormBytes: of(
    'request',
    KiB / 2,
    'What was filled in there and is kept during a sign-in; with more, the form is empty afterwards.',
  ),
  ownEndedKeys: of(
    'person',
    50,
    'Ended keys of a person, beside `max_keys`; with more, they make no new ones until some are forgotten.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
