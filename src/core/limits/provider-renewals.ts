import { type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about asking a provider again for a session. */
export const providerRenewalLimits = {
  providerRenewals: of(
    'provider',
    8,
    'Sessions that are asked for again, and refresh tokens that are revoked, at once; over connections of their own, so that sign-ins neither wait for them nor hold them up.',
  ),
  providerWaitingRenewals: of(
    'provider',
    1000,
    'The same that wait; beyond it the person who has most waiting loses the last.',
  ),
  waitingRenewals: of('person', 50, 'The same of one person; for more the provider counts as silent.'),
  providerRenewalWaitMs: of(
    'provider',
    5000,
    'Their wait for a turn. Nothing has been sent then; what has been sent is given the time of a sign-in.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
