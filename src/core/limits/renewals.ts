import { type Limit, of } from './limit.ts'
import { providerRenewalLimits } from './provider-renewals.ts'

/** The rows of the table (`table.ts`) that are about providers that are asked again for sessions: `recheck`. */
export const renewalLimits = {
  ...providerRenewalLimits,
  renewalWaitMs: of(
    'request',
    3_000,
    'Waiting for a provider that is asked again; then the request goes on with what is known.',
  ),
  renewalPauseMs: of(
    'session',
    10_000,
    'The pause after a provider did not answer for it; each is twice as long as the one before.',
  ),
  longestRenewalPauseMs: of('session', 60_000, 'The longest such pause.'),
  renewalLeaseSeconds: of(
    'session',
    25,
    'How long one process may ask for it at most, with what it takes to keep the answer; then another may.',
  ),
  renewalsUnderWay: of(
    'process',
    2000,
    'Sessions for which providers are asked at once or soon; others go on with what is known.',
  ),
  renewalPauses: of(
    'process',
    10_000,
    'Sessions that are in such a pause; of more, the oldest are asked for again.',
  ),
  recheckedAtOnce: of(
    'process',
    50,
    'Sessions with open WebSockets or event streams for which providers begin to be asked in one second.',
  ),
  renewalWarnings: of(
    'process',
    100,
    'Answers that say not what rules go by, each of which is told once; of more, the oldest is told again.',
  ),
  revocationsUnderWay: of(
    'process',
    1000,
    'Refresh tokens that are being revoked; further ones are left to end by themselves.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
