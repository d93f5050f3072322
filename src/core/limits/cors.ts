import { type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about pages of other origins. */
export const corsLimits = {
  originCharacters: of(
    'request',
    270,
    'An `Origin` that `cors: keys` answers: a host of 253 characters with scheme and port. A longer one is not answered.',
  ),
  preflightSeconds: of(
    'request',
    600,
    'How long a browser may remember what the gateway said to a preflight.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
